/**
 * Machines that come back after an outage of their control plane, simulated second by second with the pauses that agents make.
 *
 * @module
 */

import { HEARTBEAT_SECONDS } from '@landfast/protocol'
import { pauseAfterBeat, pauseAfterFailure } from '../../packages/agent/src/membership/heartbeat-schedule.ts'

/** An agent gives a heartbeat up after that. */
const PATIENCE_SECONDS = 30

/** For how long it is looked at what comes after. */
const END_SECONDS = 3600

/** What happens. */
export interface Outage {
  machines: number
  /** For how long no heartbeat is answered. */
  seconds: number
  /** How many heartbeats the control plane takes at most, of those that all machines send when nothing is wrong. */
  capacity: number
  /** From 0 to 1, as `Math.random`. */
  random: () => number
}

/** What came of it; rates are multiples of the usual one. */
export interface Return {
  /** The most heartbeats that came within a second. */
  peak: number
  /** The longest that one waited, seconds. */
  longestWait: number
  /** Heartbeats that were given up after the end of the outage, a machine. */
  givenUp: number
  /** Seconds until each machine had an answer again. */
  allBack: number
}

/** Simulates it. */
export function simulateReturn(outage: Outage): Return {
  const { machines, seconds, capacity } = outage
  const usual = machines / HEARTBEAT_SECONDS
  const fleet = new Fleet(outage)
  const queue: { machine: number; since: number }[] = []
  const found: Return = { peak: 0, longestWait: 0, givenUp: 0, allBack: Number.POSITIVE_INFINITY }
  let [first, budget] = [0, 0]
  for (let time = 0; time < seconds; time += 1)
    for (const machine of fleet.arriving(time)) fleet.failed(machine, time)
  for (let time = seconds; time < seconds + END_SECONDS; time += 1) {
    const arriving = fleet.arriving(time)
    found.peak = Math.max(found.peak, arriving.length / usual)
    for (const machine of arriving) queue.push({ machine, since: time })
    budget = Math.min(budget, 1) + usual * capacity
    for (; budget >= 1 && first < queue.length; budget -= 1, first += 1) {
      const { machine, since } = queue[first] as (typeof queue)[number]
      found.longestWait = Math.max(found.longestWait, time - since)
      // The control plane had the work, and nobody its answer.
      if (time - since >= PATIENCE_SECONDS) {
        found.givenUp += 1 / machines
        fleet.failed(machine, time)
      } else fleet.answered(machine, time)
    }
    if (fleet.away === 0) return { ...found, allBack: time - seconds }
  }
  return found
}

/** The machines, and when the next heartbeat of each comes. */
class Fleet {
  readonly #random: () => number
  readonly #coming = new Map<number, number[]>()
  readonly #failures: Uint8Array
  readonly #isAway: Uint8Array
  /** How many had no answer yet. */
  away: number

  constructor({ machines, random }: Outage) {
    this.#random = random
    this.#failures = new Uint8Array(machines)
    this.#isAway = new Uint8Array(machines).fill(1)
    this.away = machines
    for (let machine = 0; machine < machines; machine += 1) {
      this.#comes(machine, pauseAfterBeat(HEARTBEAT_SECONDS, random()) * random())
    }
  }

  arriving(second: number): readonly number[] {
    const machines = this.#coming.get(second) ?? []
    this.#coming.delete(second)
    return machines
  }

  failed(machine: number, time: number): void {
    const failures = Math.min(255, (this.#failures[machine] ?? 0) + 1)
    this.#failures[machine] = failures
    this.#comes(machine, time + pauseAfterFailure(failures, 0, this.#random()))
  }

  answered(machine: number, time: number): void {
    this.away -= this.#isAway[machine] ?? 0
    this.#isAway[machine] = 0
    this.#failures[machine] = 0
    this.#comes(machine, time + pauseAfterBeat(HEARTBEAT_SECONDS, this.#random()))
  }

  #comes(machine: number, time: number): void {
    const second = Math.max(1, Math.ceil(time))
    const others = this.#coming.get(second)
    if (others) others.push(machine)
    else this.#coming.set(second, [machine])
  }
}
