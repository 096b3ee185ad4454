/**
 * The clocks of this machine, which a case can move ahead.
 *
 * @module
 */

import { type Clock, systemClock } from '@landfast/agent'

/** Both clocks, ahead of the machine's by the same time. */
export class MovedClock implements Clock {
  #aheadMilliseconds = 0

  now(): number {
    return systemClock.now() + this.#aheadMilliseconds
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#aheadMilliseconds
  }

  pass(seconds: number): void {
    this.#aheadMilliseconds += seconds * 1000
  }
}
