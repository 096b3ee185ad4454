/**
 * The two clocks: one that says what time it is and may jump, one that only says how much time has passed.
 *
 * @module
 */

/** Both clocks, in milliseconds. */
export interface Clock {
  /** Since 1970; jumps when somebody sets it. */
  now(): number
  /** Since some moment; never jumps, stands still while the machine sleeps. */
  monotonic(): number
}

/** The clocks of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
