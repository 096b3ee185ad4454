/**
 * The faults that stand: each until it has struck as often as it was to, until its time is over, or until it is cleared.
 *
 * @module
 */

import { isSameAudience } from '@landfast/protocol'
import { trueClock } from '../true-clock.ts'
import { type FaultOptions, type Step, stepOf } from './fault.ts'

/** A fault that an emulator was told to have. */
export interface StandingFault extends AsyncDisposable {
  readonly fault: FaultOptions
  /** How many requests it has struck. */
  readonly struck: number
  /** Ends it. Resolves once the endpoint is well again. */
  clear(): Promise<void>
}

/** What of a request decides which fault strikes it. */
export interface Struck {
  step: Step
  resource: string | undefined
}

/** The clock of faults: milliseconds that never jump. */
export type Monotonic = () => number

/** All that stand, in the order in which they were added. */
export class StandingFaults {
  readonly #faults: Standing[] = []
  readonly #monotonic: Monotonic

  constructor(monotonic: Monotonic = trueClock.monotonic) {
    this.#monotonic = monotonic
  }

  /** Those that may strike yet. */
  get all(): readonly StandingFault[] {
    const now = this.#monotonic()
    return this.#faults.filter((fault) => fault.stands(now))
  }

  /** From now on the fault stands; `onClear` undoes what it did beside the requests that it strikes. */
  add(options: FaultOptions, onClear?: () => Promise<void>): StandingFault {
    const fault = new Standing(options, { now: this.#monotonic(), onClear })
    this.#faults.push(fault)
    return fault
  }

  /** Whether one of them strikes `request`. */
  reach(request: Struck): boolean {
    return this.#find(request) !== undefined
  }

  /** The first one that strikes `request`, which counts as struck. */
  take(request: Struck): FaultOptions | undefined {
    return this.#find(request)?.strike(this.#monotonic())
  }

  #find(request: Struck): Standing | undefined {
    const now = this.#monotonic()
    return this.#faults.find((fault) => fault.stands(now) && fault.reaches(request))
  }

  async clear(): Promise<void> {
    await Promise.all(this.#faults.splice(0).map((fault) => fault.clear()))
  }
}

class Standing implements StandingFault {
  readonly fault: FaultOptions
  /** A property of its own, so that it shows where a fault is printed or compared. */
  struck = 0
  /** When its time is over; undefined until that has begun. */
  #until: number | undefined
  readonly #times: number
  readonly #onClear: (() => Promise<void>) | undefined
  #isCleared = false

  constructor(
    fault: FaultOptions,
    { now, onClear }: { now: number; onClear: (() => Promise<void>) | undefined },
  ) {
    this.#onClear = onClear
    const { forSeconds, times = forSeconds === undefined ? 1 : Number.POSITIVE_INFINITY } = fault
    this.fault = fault
    this.#times = times
    if (fault.kind === 'connection-refused') this.#beginAt(now)
  }

  stands(now: number): boolean {
    const isOver = this.#until !== undefined && now >= this.#until
    return !this.#isCleared && this.struck < this.#times && !isOver
  }

  reaches({ step, resource }: Struck): boolean {
    // Who refuses connections sees no request.
    if (this.fault.kind === 'connection-refused') return false
    return stepOf(this.fault) === step && this.#isFor(resource)
  }

  #isFor(resource: string | undefined): boolean {
    const { resource: only } = this.fault
    return only === undefined || (resource !== undefined && isSameAudience(only, resource))
  }

  strike(now: number): FaultOptions {
    if (this.#until === undefined) this.#beginAt(now)
    this.struck += 1
    return this.fault
  }

  /** A program may be compiled for minutes before its first request: until then no time has gone by for a fault. */
  #beginAt(now: number): void {
    const { forSeconds } = this.fault
    if (forSeconds !== undefined) this.#until = now + forSeconds * 1000
  }

  async clear(): Promise<void> {
    this.#isCleared = true
    await this.#onClear?.()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear()
  }
}
