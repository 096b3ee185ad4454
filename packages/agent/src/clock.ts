/**
 * The two clocks: one tells what time it is and may jump, the other only measures how much time has passed.
 *
 * @module
 */

/** Both clocks, in milliseconds. */
export interface Clock {
  /** Since 1970; jumps when the system's clock is set. */
  now(): number
  /** Since some moment; never jumps, stands still while the machine sleeps. */
  monotonic(): number
}

/** The clocks of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
