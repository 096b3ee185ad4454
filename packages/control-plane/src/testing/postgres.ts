/**
 * A PostgreSQL server of the tests' own: a new cluster in a temporary folder, on a free port of the loopback, run
 * by an unprivileged user. Debian's package is enough; none of the host's clusters is touched. Not published.
 *
 * @see https://www.postgresql.org/docs/current/app-initdb.html
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, globSync, openSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'

/** A server with an empty database "landfast". */
export interface PostgresServer {
  /** `postgresql://…` of a database, with its password. */
  url(database?: string): string
  readonly password: string
  readonly folder: string
  /** The postmaster; another one after each start. */
  readonly pid: number
  readonly isRunning: boolean
  /** Ends it as a loss of power would: no process gets to say goodbye. */
  kill(): Promise<void>
  /** Starts it again on the same port, and waits until it answers. */
  start(): Promise<void>
  /** Ends it; its folder goes as well. */
  remove(): Promise<void>
}

/** How a server is to differ from a quick one. */
export interface PostgresOptions {
  /** Commits wait for the disk, as they do in earnest. Default false. */
  durable?: boolean
  /** Settings of `postgresql.conf`. */
  settings?: Readonly<Record<string, string>>
  /** The cluster's folder, its data below it in "data"; nothing may be in either. Default: one of its own below the temporary folder. */
  folder?: string
  /** Goes before each command of the server, so that it sees another disk below its folder. */
  enter?: readonly string[]
  /** When this process is gone, the server ends by itself. Default: this one. */
  ownerPid?: number
}

const USER = 'landfast'

/** Who the server is where root starts it, which it refuses to be: a user and group that own nothing. */
const NOBODY = 65_534

const START_MILLISECONDS = 90_000
const POLL_MILLISECONDS = 20

/** Nothing of a test is worth a sync of the disk, except where the test is about that. */
const QUICK = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }

/** Why there can be no server here, in words; undefined if there can. */
export function whyNoPostgres(): string | undefined {
  if (!programFolder()) return 'PostgreSQL is not installed ("npm run setup:parts" installs it)'
  if (isRoot() && spawnSync('setpriv', ['--version']).status !== 0) return '"setpriv" is not installed'
  return undefined
}

/** Makes a cluster and starts a server on it. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'landfast-postgres-')))
  const password = randomBytes(12).toString('hex')
  await initialize(folder, password, options)
  const port = await freePort()
  const url = (database = USER) => `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`
  let server = await startServer(folder, port, options)
  await waitUntilReady(url('postgres'), server)
  await query(url('postgres'), `create database ${USER}`)
  return {
    url,
    password,
    folder,
    get pid() {
      return server.pid ?? 0
    },
    get isRunning() {
      return !hasEnded(server)
    },
    kill: () => end(server, 'SIGKILL'),
    start: async () => {
      server = await startAgain(folder, port, { options, url: url('postgres') })
    },
    remove: async () => {
      await end(server, 'SIGQUIT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Runs one statement on a connection of its own. */
export async function query<Row>(url: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query(text)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

async function initialize(folder: string, password: string, { enter = [] }: PostgresOptions): Promise<void> {
  const passwordFile = join(folder, 'password')
  await mkdir(folder, { recursive: true })
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (isRoot()) for (const path of [folder, passwordFile]) await chown(path, NOBODY, NOBODY)
  // Its language is another than the order of code points, as many a server's is.
  const language = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en']
  const access = [`--username=${USER}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const args = [`--pgdata=${dataFolder(folder)}`, '--no-sync', '--no-instructions', ...language, ...access]
  const [command = '', ...rest] = [...enter, ...asNobody('initdb', args)]
  const { status, stderr } = spawnSync(command, rest, { encoding: 'utf8', cwd: '/' })
  await rm(passwordFile)
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`)
  await chmod(folder, 0o755)
}

function dataFolder(folder: string): string {
  return join(folder, 'data')
}

async function startServer(folder: string, port: number, options: PostgresOptions): Promise<ChildProcess> {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...(options.durable ? {} : QUICK),
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const program = asNobody('postgres', ['-D', dataFolder(folder), ...flags])
  const [command = '', ...args] = [...(options.enter ?? []), ...program]
  const log = openSync(join(folder, 'log'), 'a')
  const server = spawn(command, args, { stdio: ['ignore', log, log], detached: true, cwd: '/' })
  server.unref()
  watch(options.ownerPid ?? process.pid, server.pid ?? 0, folder)
  return server
}

/** Ends the server and removes its folder if its owner is gone without having done so, as when it was killed. */
function watch(ownerPid: number, serverPid: number, folder: string): void {
  const script = `while kill -0 "$1"; do kill -0 "$2" || exit 0; sleep 1; done
    kill -QUIT "$2"; sleep 1; rm -rf "$3"`
  const args = ['-c', script, 'sh', String(ownerPid), String(serverPid), folder]
  spawn('sh', args, { stdio: 'ignore', detached: true, cwd: '/' }).unref()
}

/** After a kill the old server's last processes may still be there for a moment, and then the new one ends at once. */
async function startAgain(
  folder: string,
  port: number,
  { options, url }: { options: PostgresOptions; url: string },
): Promise<ChildProcess> {
  const deadline = performance.now() + START_MILLISECONDS
  for (;;) {
    const server = await startServer(folder, port, options)
    try {
      await waitUntilReady(url, server)
      return server
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
  }
}

async function waitUntilReady(url: string, server: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_MILLISECONDS
  for (;;) {
    if (hasEnded(server)) throw new Error('the server ended at once')
    try {
      await query(url, 'select 1')
      return
    } catch (cause) {
      if (performance.now() > deadline) throw new Error('the server does not answer', { cause })
      await setTimeout(POLL_MILLISECONDS)
    }
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(server)) return
  const exited = once(server, 'exit')
  server.ref()
  server.kill(signal)
  await exited
}

/** A port on which nobody listens at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('there is no free port')
  return address.port
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function asNobody(program: string, args: readonly string[]): string[] {
  const path = join(programFolder() ?? '', program)
  if (!isRoot()) return [path, ...args]
  return ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', path, ...args]
}

/** Debian keeps the server's programs beside each other by version, and none of them in PATH. */
/** The path of a program of PostgreSQL's, such as "pg_dump". */
export function postgresProgram(name: string): string {
  return join(programFolder() ?? '', name)
}

function programFolder(): string | undefined {
  const installed = globSync(['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin']).sort(byVersion)
  const folders = [...installed, ...(process.env.PATH ?? '').split(delimiter)]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

function byVersion(a: string, b: string): number {
  return b.localeCompare(a, 'en', { numeric: true })
}
