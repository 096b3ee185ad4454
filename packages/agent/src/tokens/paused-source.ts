/**
 * A source that is left alone for a while after a failure that may pass, and whose requests are given up in time. Each
 * authority has its own, so that one which asks to slow down stops no other.
 *
 * @see docs/protocol.md#what-the-agent-serves
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { Clock } from '../clock.ts'
import { asSourceError, isPassing, SourceError, type SourceToken, type TokenSource } from './source.ts'

/** A request that takes longer is given up; SDKs wait for 30 seconds and more. */
const TIMEOUT_MS = 10_000

/** After a passing failure nothing is asked for this long, unless the authority named a time. */
const PAUSE_SECONDS = 1

/** The longest pause taken from the word of an authority. */
const PAUSE_MAX_SECONDS = 300

/** The longest pause taken from the word of Entra ID that it is asked too often: it goes on to count who asks meanwhile. */
export const ENTRA_THROTTLED_MAX_SECONDS = 3600

/** What pauses are made of. */
export interface PauseOptions {
  clock: Clock
  /** The longest pause where the authority is asked too often; by default as for any other failure. */
  throttledMaxSeconds?: number | undefined
}

/** `source` with pauses. What it throws while it is left alone names the seconds that are left. */
export function createPausedSource(source: TokenSource, options: PauseOptions): TokenSource {
  return new PausedSource(source, options)
}

class PausedSource implements TokenSource {
  readonly #source: TokenSource
  readonly #clock: Clock
  readonly #throttledMaxSeconds: number
  #pause: { until: number; error: SourceError } | undefined

  constructor(source: TokenSource, { clock, throttledMaxSeconds = PAUSE_MAX_SECONDS }: PauseOptions) {
    this.#source = source
    this.#clock = clock
    this.#throttledMaxSeconds = throttledMaxSeconds
  }

  async getToken(
    identity: Identity,
    audience: string,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<SourceToken> {
    this.#refuseInPause()
    try {
      const timed = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
      const asked = this.#source.getToken(identity, audience, timed, traceparent)
      const token = await Promise.race([asked, abortOf(timed)])
      this.#pause = undefined
      return token
    } catch (cause) {
      const error = asSourceError(cause)
      if (!isPassing(error.failure)) throw error
      this.#pauseAfter(error)
      throw this.#told(error, error.isPause)
    }
  }

  close(): void {
    this.#source.close()
  }

  #refuseInPause(): void {
    const pause = this.#pause
    if (pause && this.#clock.monotonic() < pause.until) throw this.#told(pause.error, true)
  }

  #pauseAfter(error: SourceError): void {
    const longest = error.failure === 'throttled' ? this.#throttledMaxSeconds : PAUSE_MAX_SECONDS
    const seconds = Math.min(error.retryAfterSeconds ?? PAUSE_SECONDS, longest)
    this.#pause = { until: this.#clock.monotonic() + seconds * 1000, error }
  }

  /** The failure, with the seconds until the source is asked again, at least one. */
  #told({ failure, message, reason, cause }: SourceError, isPause: boolean): SourceError {
    const left = (this.#pause?.until ?? 0) - this.#clock.monotonic()
    const retryAfterSeconds = Math.max(1, Math.ceil(left / 1000))
    return new SourceError(failure, message, { reason, cause, isPause, retryAfterSeconds })
  }
}

/** Rejects when `signal` says so, whether the source listens to it or not. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
