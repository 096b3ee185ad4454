/**
 * A small checkout with the real scripts: packages of a few lines, real tools, and an npm that asks no registry.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeForEveryone, Running } from '../cli/command.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { TRIAL_FILES } from './trial-files.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const NPM = fileURLToPath(new URL('trial-npm.mjs', import.meta.url))

/** What is taken from the real checkout: the scripts with what they import, and the way into the command. */
const REAL_FILES = [
  'scripts',
  'packages/agent/src/machine/folder-lock.ts',
  'packages/agent/src/caller/accounts.ts',
  'packages/cli/bin/landfast.js',
  'packaging',
  'packages/tsconfig.base.json',
]

/** How a script is started. */
export interface TrialOptions {
  env?: Record<string, string>
  /** A program and arguments before the command line. */
  prefix?: readonly string[]
}

/** A checkout in a temporary folder, with nothing installed or built. */
export class TrialCheckout {
  readonly folder = mkdtempSync(join(tmpdir(), 'trial-checkout-'))
  readonly #node = nodeForEveryone(this.folder)
  readonly #started: Running[] = []

  constructor() {
    chmodSync(this.folder, 0o755)
    for (const path of REAL_FILES) cpSync(join(ROOT, path), this.path(path), { recursive: true })
    cpSync(NPM, this.path('npm.mjs'))
    for (const [path, text] of Object.entries(TRIAL_FILES)) this.write(path, text)
  }

  /** Starts an npm script. */
  start(args: readonly string[], options: TrialOptions = {}): Running {
    return this.startFile('scripts/start.mjs', args, options)
  }

  /** Starts a file in a group of processes of its own; its standard input stays open. */
  startFile(file: string, args: readonly string[], { env = {}, prefix = [] }: TrialOptions = {}): Running {
    const [program = '', ...rest] = [...prefix, this.#node, this.path(file), ...args]
    const trial = {
      TRIAL_STORE: join(ROOT, 'node_modules'),
      TRIAL_LOG: this.path('npm.log'),
      TRIAL_GO: this.path('go'),
    }
    const paths = {
      ...MOVED_CLOCK,
      PATH: process.env.PATH,
      INIT_CWD: this.folder,
      npm_execpath: this.path('npm.mjs'),
    }
    const child = spawn(program, rest, { cwd: '/', env: { ...paths, ...trial, ...env }, detached: true })
    child.stdin.on('error', () => {})
    const running = new Running(child)
    this.#started.push(running)
    return running
  }

  /** Sends SIGKILL to every process of a script. */
  kill({ child }: Running): void {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  }

  /** How often npm was asked to install. */
  installations(): number {
    return existsSync(this.path('npm.log')) ? this.read('npm.log').split('\n').length - 1 : 0
  }

  path(path: string): string {
    return join(this.folder, path)
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8')
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true })
    writeFileSync(this.path(path), text)
  }

  replace(path: string, text: string, other: string): void {
    this.write(path, this.read(path).replace(text, other))
  }

  /** Ends what still runs. */
  async remove(): Promise<void> {
    for (const running of this.#started) this.kill(running)
    await Promise.allSettled(this.#started.map(({ ended }) => ended))
    rmSync(this.folder, { recursive: true, force: true })
  }
}
