/**
 * The pause after a failure: what failed is not asked again before it ends.
 *
 * @module
 */

import type { Clock } from '../clock.ts'
import { SourceError, type SourceFailure } from './source.ts'

/** Where the authority named no time. */
const PAUSE_SECONDS = 1

/** The longest pause taken from the word of an authority. */
const PAUSE_MAX_SECONDS = 300

/** Seconds, by failure. */
type SecondsOf = Readonly<Partial<Record<SourceFailure, number>>>

/** What pauses are made of. */
export interface PauseOptions {
  readonly clock: Clock
  /** The pause where the authority named no time. */
  readonly seconds?: SecondsOf
  /** The longest pause. */
  readonly maxSeconds?: SecondsOf
}

/** The pause of one thing that is asked. */
export class Pause {
  readonly #options: PauseOptions
  #until = 0
  #error: SourceError | undefined

  constructor(options: PauseOptions) {
    this.#options = options
  }

  /** @throws {SourceError} the failure while its pause lasts. */
  check(): void {
    const error = this.#error
    if (error && this.#options.clock.monotonic() < this.#until) throw this.#told(error, true)
  }

  /** Begins after `error`; returns it as it is told: with the seconds that are left. */
  begin(error: SourceError): SourceError {
    const { clock, seconds = {}, maxSeconds = {} } = this.#options
    const { failure, retryAfterSeconds: asked = seconds[failure] ?? PAUSE_SECONDS } = error
    this.#until = clock.monotonic() + Math.min(asked, maxSeconds[failure] ?? PAUSE_MAX_SECONDS) * 1000
    this.#error = error
    return this.#told(error, error.isPause)
  }

  end(): void {
    this.#error = undefined
  }

  #told({ failure, message, reason, traceId, cause }: SourceError, isPause: boolean): SourceError {
    const left = (this.#until - this.#options.clock.monotonic()) / 1000
    const retryAfterSeconds = Math.max(1, Math.ceil(left))
    return new SourceError(failure, message, { reason, traceId, cause, isPause, retryAfterSeconds })
  }
}
