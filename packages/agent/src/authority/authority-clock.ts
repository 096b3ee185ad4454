/**
 * The time by the control plane's clock, by which it judges assertions and proofs: this machine's own time, corrected
 * once the control plane says that it is wrong.
 *
 * @module
 */

import type { Logger } from '@landfast/server'
import { dateOf } from './clock-difference.ts'
import type { HttpsAnswer } from './https-client.ts'

/** A clock is corrected when it differs from the authority's by more than this. */
const CLOCK_TOLERANCE_SECONDS = 30

/** A clock that learns. */
export class AuthorityClock {
  readonly #now: () => number
  readonly #log: Logger | undefined
  /** What is added to this machine's clock to get the authority's. */
  #offsetSeconds = 0
  /** The same as the last answer had it, whether it mattered or not. */
  #seenOffsetSeconds = 0

  /** @param now milliseconds since 1970. */
  constructor(now: () => number, log?: Logger) {
    this.#now = now
    this.#log = log
  }

  /** Whole seconds since 1970. */
  nowSeconds(): number {
    return Math.floor(this.#now() / 1000) + this.#offsetSeconds
  }

  /** Whether the clocks differed at the last answer that was looked at. */
  get differs(): boolean {
    return Math.abs(this.#seenOffsetSeconds) > CLOCK_TOLERANCE_SECONDS
  }

  /** Looks at the authority's clock in its answer, and corrects nothing. */
  look({ headers }: Pick<HttpsAnswer, 'headers'>): void {
    this.#seenOffsetSeconds = this.#offsetIn(headers) ?? this.#seenOffsetSeconds
  }

  /** Takes the authority's clock from its answer; false if the clocks agree, so that the clock is not to blame. */
  correct({ headers }: Pick<HttpsAnswer, 'headers'>): boolean {
    const offset = this.#offsetIn(headers)
    if (offset === undefined) return false
    if (Math.abs(offset - this.#offsetSeconds) <= CLOCK_TOLERANCE_SECONDS) return false
    this.#offsetSeconds = offset
    this.#log?.warn({ offsetSeconds: offset }, 'the clock of this machine differs from that of its authority')
    return true
  }

  #offsetIn(headers: HttpsAnswer['headers']): number | undefined {
    const date = dateOf(headers.date)
    return date && Math.round((date.getTime() - this.#now()) / 1000)
  }
}
