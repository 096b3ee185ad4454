/**
 * Runs a program of the system for what it prints, in bounded time and with nothing of this user's environment but the
 * path.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { LOOK_MILLISECONDS } from './deadline.ts'

/** More output is cut off. */
const OUTPUT_MAX = 16 * 1024 * 1024

/** How a program ended. */
export interface ProgramRun {
  /** Undefined if it could not be started, or not ended in time. */
  code: number | undefined
  output: string
}

/** Runs `program`; it never throws. */
export async function runProgram(
  program: string,
  args: readonly string[],
  timeout = LOOK_MILLISECONDS,
): Promise<ProgramRun> {
  const { promise, resolve } = Promise.withResolvers<ProgramRun>()
  const options = {
    timeout,
    killSignal: 'SIGKILL' as const,
    maxBuffer: OUTPUT_MAX,
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  }
  try {
    execFile(program, args, options, (error, output) => {
      const code = error ? error.code : 0
      resolve({ code: typeof code === 'number' ? code : undefined, output })
    }).on('error', () => {})
  } catch {
    // Thrown where no process can be made at all, for want of memory say.
    return { code: undefined, output: '' }
  }
  return await promise
}
