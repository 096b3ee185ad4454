/**
 * The stop after which `landfast run` ends. Even if it fails, the process ends with the command's exit code.
 *
 * @module
 */

import { printNote } from '../terminal.ts'
import type { SignalRelay } from './signal-relay.ts'

/** More than the five seconds for which the agent lets answers under way finish, as its undoing comes after. */
export const STOP_WITHIN_MILLISECONDS = 7000

/**
 * Stops `part`. Never rejects: a failure, or that it took too long, becomes a note. Another Ctrl-C ends the
 * wait at once.
 */
export async function stopAtLast(
  part: { stop(): Promise<void> },
  relay: Pick<SignalRelay, 'detach'>,
): Promise<void> {
  const enough = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    printNote('stopping takes too long; the rest is left as it is')
    enough.resolve()
  }, STOP_WITHIN_MILLISECONDS)
  relay.detach(enough.resolve)
  const stopped = part.stop().catch((error: Error) => printNote(`not stopped cleanly: ${error.message}`))
  await Promise.race([stopped, enough.promise])
  clearTimeout(timer)
}
