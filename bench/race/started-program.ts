/**
 * A program of the race while it runs: on one processor, with its last words kept for the case that it ends.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { killTree } from './process-tree.ts'

/** Who is measured has this processor; the callers and the databases have the other. */
export const MEASURED_PROCESSOR = 1
export const CALLERS_PROCESSOR = 0

/** The first start of Keycloak makes its tables, on a slow disk for minutes. */
const READY_WITHIN_MS = 300_000
const POLL_MS = 10
const LAST_WORDS_CHARACTERS = 1500

/** How a program is started. */
export interface StartOptions {
  /** Where its output goes, and where it works. */
  folder: string
  env?: NodeJS.ProcessEnv
  /** Which end it, if it has not ended by then. */
  resources: AsyncDisposableStack
  /** Whether it answers yet. */
  isReady: () => Promise<boolean>
}

/** One that answers. */
export interface StartedProgram {
  readonly pid: number
  /** From its start to its first answer. */
  readonly readyMs: number
  /** @throws {Error} with its last words, if it has ended. */
  refuseEnded(): void
  /** The last that it wrote. */
  lastWords(): string
  /** Ends it with all its processes, as a loss of power would. */
  kill(): Promise<void>
}

/** Starts `command` on the processor of those that are measured; resolves when it answers. */
export async function startProgram(
  command: readonly string[],
  { folder, env, resources, isReady }: StartOptions,
): Promise<StartedProgram> {
  const file = join(folder, 'output')
  // Not a pipe, which this process would have to read while it measures.
  const output = openSync(file, 'a')
  const startedAt = performance.now()
  const child = spawn('taskset', ['-c', String(MEASURED_PROCESSOR), ...command], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  endAfterOwner(child)
  resources.defer(() => kill(child))
  const program = {
    pid: child.pid ?? 0,
    refuseEnded: () => refuseEnded(child, file),
    lastWords: () => lastWordsIn(file),
    kill: () => kill(child),
  }
  await waitUntil(isReady, program)
  return { ...program, readyMs: performance.now() - startedAt }
}

async function waitUntil(
  isReady: StartOptions['isReady'],
  program: Pick<StartedProgram, 'refuseEnded'>,
): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (!(await isReady().catch(() => false))) {
    program.refuseEnded()
    if (performance.now() > deadline)
      throw new Error(`it does not answer after ${READY_WITHIN_MS / 1000} seconds`)
    await pause(POLL_MS)
  }
}

function refuseEnded(child: ChildProcess, file: string): void {
  if (!hasEnded(child)) return
  throw new Error(`it ended with ${child.signalCode ?? `exit code ${child.exitCode}`}: ${lastWordsIn(file)}`)
}

function lastWordsIn(file: string): string {
  return readFileSync(file, 'utf8').trim().slice(-LAST_WORDS_CHARACTERS)
}

async function kill(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return
  const gone = once(child, 'exit')
  killTree(child.pid)
  await gone
}

/** Ends the program with its children if this process is gone without having done so, as when it was killed. */
function endAfterOwner({ pid }: ChildProcess): void {
  const script = `while kill -0 "$1"; do kill -0 "$2" || exit 0; sleep 1; done
    pkill -KILL -P "$2"; kill -KILL "$2"`
  const args = ['-c', script, 'sh', String(process.pid), String(pid)]
  spawn('sh', args, { stdio: 'ignore', detached: true, cwd: '/' }).unref()
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** Whether `url` answers with 200; whose certificate that is does not matter yet. */
export function answersAt(url: string): () => Promise<boolean> {
  return async () => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    const sent = request(url, { rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    sent.on('error', reject).end()
    return promise
  }
}
