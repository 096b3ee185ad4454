/**
 * The time between the wish to stop and the end: the control plane says that it is not ready and answers all the same, so
 * that load balancers send their requests elsewhere before none is taken any more.
 *
 * @see ../../../../docs/control-plane.md#stopping
 * @module
 */

import type { WhyNotReady } from './readiness.ts'

/** A drain that has not begun yet. */
export interface Drain {
  /** `whyNotReady`, until the drain begins. */
  readiness(whyNotReady: WhyNotReady): WhyNotReady
  /** Begins, and resolves at its end. */
  begin(tell: () => void): Promise<void>
}

/** A drain that takes `seconds`. */
export function createDrain(seconds: number): Drain {
  let isStopping = false
  return {
    readiness: (whyNotReady) => async () =>
      isStopping ? 'the control plane is stopping' : await whyNotReady(),
    async begin(tell) {
      isStopping = true
      tell()
      if (seconds > 0) await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    },
  }
}
