/**
 * The real command, bundled for the run of tests and started as a separate process.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { copyBundle } from './bundle-of-run.ts'

const PACKAGE_FILE = fileURLToPath(new URL('../../packages/cli/package.json', import.meta.url))

/** A command that does not end, or says nothing, has failed after this long. */
const PATIENCE_MILLISECONDS = 60_000

/** How a process ended. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** How to start one. */
export interface StartOptions {
  env?: Record<string, string | undefined>
  /** What is put before the command line: a program that runs it as another user, say. */
  prefix?: readonly string[]
  input?: string
  /** In place of {@link PATIENCE_MILLISECONDS}, for one that is to run for long. */
  patience?: number
}

/** A process that runs. */
export class Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''
  readonly #watchers = new Set<() => void>()

  constructor(child: ChildProcess, patience = PATIENCE_MILLISECONDS) {
    this.child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#add('stdout', text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#add('stderr', text))
    this.ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        reject(new Error(`the process did not end; it wrote: ${this.stdout}${this.stderr}`))
      }, patience)
      child.on('close', (code, signal) => {
        clearTimeout(timer)
        for (const watcher of this.#watchers) watcher()
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
      })
      child.on('error', reject)
    })
    this.ended.catch(() => {})
  }

  /** Waits until it has written `text`. */
  async wrote(text: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const watcher = (): void => {
      if (this.stdout.includes(text) || this.stderr.includes(text)) resolve()
      else if (this.child.exitCode !== null) reject(new Error(`it ended before "${text}": ${this.stderr}`))
    }
    this.#watchers.add(watcher)
    watcher()
    await Promise.race([promise, this.ended.then(watcher).then(() => promise)])
    this.#watchers.delete(watcher)
  }

  /** Ends it, should a test have failed before it did. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended.catch(() => {})
  }

  #add(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text
    for (const watcher of this.#watchers) watcher()
  }
}

/** The bundled command and a temporary folder in which all of its processes work. */
export interface TestCommand {
  readonly folder: string
  /** Node and the entry file, which every user may run. */
  readonly argv: readonly string[]
  start(args: readonly string[], options?: StartOptions): Running
  run(args: readonly string[], options?: StartOptions): Promise<Ended>
  /** What the processes left in their temporary folder. */
  leftovers(): string[]
  /** Ends every process that runs yet, and removes the folder. */
  remove(): void
}

/** The command in a folder that is the caller's alone. */
export async function makeCommand(): Promise<TestCommand> {
  const folder = mkdtempSync(join(tmpdir(), 'cli-test-'))
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary)
  chmodSync(folder, 0o755)
  chmodSync(temporary, 0o1777)
  copyFileSync(PACKAGE_FILE, join(folder, 'package.json'))
  await copyBundle(join(folder, 'dist'))
  const argv = [nodeForEveryone(folder), join(folder, 'dist', 'main.js')]
  const children = new Set<ChildProcess>()
  const start = (args: readonly string[], options: StartOptions = {}): Running => {
    const [program = '', ...rest] = [...(options.prefix ?? []), ...argv, ...args]
    const env = { ...cleanEnvironment(temporary), ...options.env }
    const child = spawn(program, rest, { env, cwd: folder, stdio: 'pipe' })
    children.add(child)
    child.once('close', () => children.delete(child))
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
    return new Running(child, options.patience)
  }
  return {
    folder,
    argv,
    start,
    run: (args, options) => start(args, options).ended,
    leftovers: () => readdirSync(temporary),
    remove() {
      // What a failed test has not ended would go on for good.
      for (const child of children) child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The environment of a plain shell, without what this test run brings. */
function cleanEnvironment(temporary: string): Record<string, string | undefined> {
  return {
    ...MOVED_CLOCK,
    PATH: process.env.PATH,
    HOME: temporary,
    TMPDIR: temporary,
    LANDFAST_DRAIN_TIME: '0',
  }
}

/** This Node, or a copy of it in `folder` where other users may not enter its folder. */
export function nodeForEveryone(folder: string): string {
  if (process.getuid?.() !== 0) return process.execPath
  try {
    execFileSync('setpriv', [...OTHER_USER, process.execPath, '--version'], { stdio: 'ignore' })
    return process.execPath
  } catch {
    const copy = join(folder, 'node')
    copyFileSync(process.execPath, copy)
    return copy
  }
}

/** Arguments of setpriv for a user that is nobody on this machine. */
export const OTHER_USER = ['--reuid=54321', '--regid=54322', '--clear-groups'] as const

/** Bundles a program of this folder into the command's folder, so that every user can run it. */
export async function bundleProgram(command: TestCommand, name: string): Promise<string> {
  const outfile = join(command.folder, `${name}.mjs`)
  await build({
    entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url)",
    },
    logLevel: 'error',
  })
  return outfile
}
