/**
 * A process that is measured: nobody reads what it writes, but if it ends before its time, its last words are told.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LAST_WORDS_CHARACTERS = 2000

/** One that has been started. */
export interface MeasuredProcess {
  readonly pid: number | undefined
  /** @throws {Error} with what it wrote to stderr, if it has ended. */
  refuseEnded(): void
  /** Ends it, if it still runs. */
  end(): Promise<void>
}

/** Starts Node with `args`, and with `variables` beside those of this process. */
export function startMeasured(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): MeasuredProcess {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-bench-'))
  const file = join(folder, 'stderr')
  // Not a pipe, which this process would have to read while it measures.
  const stderr = openSync(file, 'w')
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', stderr],
    env: { ...process.env, ...variables },
  })
  closeSync(stderr)
  return {
    pid: child.pid,
    refuseEnded() {
      if (!hasEnded(child)) return
      const words = readFileSync(file, 'utf8').trim().slice(-LAST_WORDS_CHARACTERS)
      throw new Error(`the process ended with ${child.signalCode ?? `exit code ${child.exitCode}`}: ${words}`)
    },
    async end() {
      if (!hasEnded(child)) {
        const gone = once(child, 'exit')
        child.kill()
        await gone
      }
      rmSync(folder, { recursive: true })
    },
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}
