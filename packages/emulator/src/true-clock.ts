/**
 * The clocks as they go, also in a test that has faked time: fakes put other globals in place of those that are taken here.
 *
 * @module
 */

import { performance } from 'node:perf_hooks'
import type { Clock } from '@landfast/agent'

const { now } = Date

/** The clocks of this machine. */
export const trueClock: Clock = { now: () => now(), monotonic: () => performance.now() }

/** The time of day. */
export function trueDate(): Date {
  return new Date(now())
}

/** Seconds since 1970. */
export function trueSeconds(): number {
  return Math.floor(now() / 1000)
}
