/**
 * Ctrl-C in a command that does not listen for it itself: it ends with azcmagent's exit code, as the other commands do, and
 * not by the signal. What must not be left half done is undone first.
 *
 * @module
 */

import { CliError } from '../cli-error.ts'
import { endAtOnce } from '../output.ts'
import { printComplaint } from '../terminal.ts'

/** From now on Ctrl-C ends the process, but where a command has its own way to stop. */
export function endOnInterrupt(): void {
  process.on('SIGINT', () => {
    if (process.listenerCount('SIGINT') > 1) return
    endInterrupted()
  })
}

/** What ends a command in a terminal, by the service manager, and with the connection to the host. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

let isEnding = false

/** From now on a signal that ends the command has `undo` done first. @returns what takes that back. */
export function undoIfInterrupted(undo: () => Promise<unknown>): () => void {
  const end = () => {
    isEnding = true
    undo()
      .catch(() => {})
      .finally(endInterrupted)
  }
  for (const signal of ENDING_SIGNALS) process.on(signal, end)
  return () => {
    for (const signal of ENDING_SIGNALS) process.off(signal, end)
  }
}

/** What `work` brings, or never: while the command is being interrupted nothing goes on, nor tells of a failure. */
export async function unlessInterrupted<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    if (isEnding) await new Promise(() => {})
  }
}

function endInterrupted(): void {
  const interrupted = new CliError('interrupted')
  printComplaint(interrupted)
  endAtOnce(interrupted.exitCode)
}
