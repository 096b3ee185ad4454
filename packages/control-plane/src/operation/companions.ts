/**
 * The companions of a control plane: other processes on the same host that serve the same port, so that it uses every processor.
 * Each is a replica of its own. They have in common what a caller must not see twice: its limits, and the counters.
 *
 * @see ../../../../docs/control-plane.md#processes
 * @module
 */

import type { RequestLimits, Taking } from '../limits/request-limits.ts'

/** How a process reaches its companions. */
export interface Companions {
  /** Whether this one counts what belongs to the database and not to a process. */
  isFirst: boolean
  /** What the others have counted, as prom-client writes it in JSON; of those that ended, since this was last asked. */
  counters(): Promise<{ living: readonly object[][]; endedSince: readonly object[][] }>
  /** Tells the others what callers were given here. */
  tell(takings: readonly Taking[]): void
  /** `hear` is told what callers were given by the others. */
  listen(hear: (takings: readonly Taking[]) => void): void
}

/** How often: within this time a caller that asks several processes at once may have more than its share. */
const TELL_MILLISECONDS = 100

/** Has what callers are given count at every companion, until it is stopped. */
export function shareLimits(
  limits: Pick<RequestLimits, 'newTakings' | 'hear'>,
  companions: Companions,
  now: () => Date,
): { stop(): void } {
  companions.listen((takings) => limits.hear(takings, now()))
  const timer = setInterval(() => {
    const takings = limits.newTakings()
    if (takings.length > 0) companions.tell(takings)
  }, TELL_MILLISECONDS).unref()
  return { stop: () => clearInterval(timer) }
}
