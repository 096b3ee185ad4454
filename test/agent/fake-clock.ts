/**
 * Clocks that only a test moves.
 *
 * @module
 */

import type { Clock } from '@landfast/agent'

/** Both clocks of a machine. */
export class FakeClock implements Clock {
  #wall = 1_800_000_000_000
  #monotonic = 50_000

  now(): number {
    return this.#wall
  }

  monotonic(): number {
    return this.#monotonic
  }

  /** Time passes. */
  pass(seconds: number): void {
    this.#wall += seconds * 1000
    this.#monotonic += seconds * 1000
  }

  /** Somebody sets the clock, forward or back. */
  set(seconds: number): void {
    this.#wall += seconds * 1000
  }

  /** The machine sleeps: the monotonic clock of Linux stands still. */
  sleep(seconds: number): void {
    this.#wall += seconds * 1000
  }
}
