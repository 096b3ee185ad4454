/**
 * One PostgreSQL server for a whole run of Vitest: the first test that needs it starts it, the end of the run ends it.
 * Not published.
 *
 * @see https://vitest.dev/config/globalsetup
 * @module
 */

import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startPostgres } from './postgres.ts'

/** Tells the workers where the run keeps what they share, and whose end is the run's end. */
const VARIABLE = { folder: 'LANDFAST_TEST_RUN_FOLDER', pid: 'LANDFAST_TEST_RUN_PID' }

const POLL_MILLISECONDS = 50
const START_MILLISECONDS = 90_000

/** Vitest's `globalSetup`: starts nothing yet. */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'landfast-run-'))
  // The server's user must reach its own folder within.
  await chmod(folder, 0o711)
  process.env[VARIABLE.folder] = folder
  process.env[VARIABLE.pid] = String(process.pid)
  return async () => {
    const server = await readServer(folder)
    if (server) await endServer(server.pid)
    await rm(folder, { recursive: true, force: true })
  }
}

interface SharedServer {
  url: string
  pid: number
}

/** The URL of the run's server; its user may make databases. */
export async function sharedServerUrl(): Promise<string> {
  const folder = process.env[VARIABLE.folder]
  if (!folder) throw new Error('the tests must be run with test/vitest.config.ts')
  if (await isFirst(folder)) await startShared(folder)
  const deadline = performance.now() + START_MILLISECONDS
  while (performance.now() < deadline) {
    const server = await readServer(folder)
    if (server) return server.url
    await setTimeout(POLL_MILLISECONDS)
  }
  throw new Error('the PostgreSQL server of this run did not start; the first test that needed it says why')
}

/** Several workers may come at once. */
async function isFirst(folder: string): Promise<boolean> {
  return writeFile(join(folder, 'starting'), '', { flag: 'wx' }).then(
    () => true,
    () => false,
  )
}

async function startShared(folder: string): Promise<void> {
  const server = await startPostgres({
    folder: join(folder, 'postgres'),
    settings: { max_connections: '400' },
    ownerPid: Number(process.env[VARIABLE.pid]),
  })
  const text = JSON.stringify({ url: server.url(), pid: server.pid } satisfies SharedServer)
  await writeFile(join(folder, 'server.new'), text, { mode: 0o600 })
  await rename(join(folder, 'server.new'), join(folder, 'server'))
}

async function readServer(folder: string): Promise<SharedServer | undefined> {
  const text = await readFile(join(folder, 'server'), 'utf8').catch(() => '')
  return text === '' ? undefined : JSON.parse(text)
}

async function endServer(pid: number): Promise<void> {
  try {
    for (process.kill(pid, 'SIGQUIT'); ; process.kill(pid, 0)) await setTimeout(POLL_MILLISECONDS)
  } catch {
    // It is gone.
  }
}
