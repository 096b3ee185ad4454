/**
 * Ctrl-C in a command that does not listen for it itself: it ends with azcmagent's exit code, as the other commands do, and
 * not by the signal.
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
    const interrupted = new CliError('interrupted')
    printComplaint(interrupted)
    endAtOnce(interrupted.exitCode)
  })
}
