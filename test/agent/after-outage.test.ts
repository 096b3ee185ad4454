/** How the machines of a fleet come back after an outage, simulated with the pauses that agents make. */

import { DISCONNECTED_AFTER_SECONDS, HEARTBEAT_SECONDS } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { pauseAfterBeat, pauseAfterFailure } from '../../packages/agent/src/membership/heartbeat-schedule.ts'
import { simulateReturn } from './outage.ts'

/** As many as show the shape; a million behave alike. */
const MACHINES = 20_000

/** The same numbers in each run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test.each([30, 60, 120, 300, 900, 3600])(
  'after an outage of %i seconds a control plane with a tenth to spare has all machines back within a heartbeat, and none gives up',
  (seconds) => {
    const found = simulateReturn({ machines: MACHINES, seconds, capacity: 1.1, random: seeded(seconds) })
    expect(found.givenUp).toBe(0)
    expect(found.peak).toBeLessThan(3)
    expect(found.longestWait).toBeLessThan(25)
    expect(found.allBack).toBeLessThanOrEqual(HEARTBEAT_SECONDS * 1.2)
  },
)

test('a machine tries three times before it counts as disconnected, however late each try is', () => {
  const tries = [pauseAfterBeat(HEARTBEAT_SECONDS, 1), pauseAfterFailure(1, 0, 1), pauseAfterFailure(2, 0, 1)]
  expect(tries.reduce((sum, pause) => sum + pause)).toBeLessThan(DISCONNECTED_AFTER_SECONDS)
})

test('a machine waits at least as long as the control plane asks it to', () => {
  expect(pauseAfterFailure(1, 120, 0)).toBe(120)
  expect(pauseAfterFailure(2, 120, 0)).toBe(HEARTBEAT_SECONDS * 0.8)
})
