/**
 * Requests upstream: each is given up after a while, and after a passing failure the agent makes none for a moment.
 *
 * @see docs/protocol.md#what-the-agent-serves
 * @module
 */

import type { Clock } from '../clock.ts'
import { isPassing, SourceError, type SourceFailure, type SourceToken, type TokenSource } from './source.ts'
import type { Wanted } from './token-cache.ts'

/** An upstream request that takes longer is given up; SDKs wait for 30 seconds and more. */
const TIMEOUT_MS = 10_000

/** After a passing failure the agent does not ask upstream for this long, unless upstream named a time. */
const PAUSE_SECONDS = 1

/** The longest pause taken from upstream's word. */
const PAUSE_MAX_SECONDS = 300

/** What is told about each request upstream. */
export type UpstreamOutcome = SourceFailure | 'token'

/** Everything that requests upstream take from outside. */
export interface UpstreamOptions {
  source: TokenSource
  clock: Clock
  /** Told after each request upstream; `error` is there unless a token came. */
  onUpstream?: (outcome: UpstreamOutcome, seconds: number, error?: SourceError) => void
}

/** Asks the source. */
export class UpstreamRequests {
  readonly #source: TokenSource
  readonly #clock: Clock
  readonly #onUpstream: NonNullable<UpstreamOptions['onUpstream']>
  readonly #stopped = new AbortController()
  #pause: { until: number; error: SourceError } | undefined

  constructor({ source, clock, onUpstream = () => {} }: UpstreamOptions) {
    this.#source = source
    this.#clock = clock
    this.#onUpstream = onUpstream
  }

  /** Seconds until upstream is asked again, at least one. */
  get pauseLeftSeconds(): number {
    const left = (this.#pause?.until ?? 0) - this.#clock.monotonic()
    return Math.max(1, Math.ceil(left / 1000))
  }

  /**
   * A token from upstream.
   *
   * @throws {SourceError} also without asking, for a moment after a failure that may pass.
   */
  async ask(wanted: Wanted): Promise<SourceToken> {
    const startedAt = this.#clock.monotonic()
    if (this.#pause && startedAt < this.#pause.until) throw this.#pause.error
    const seconds = () => (this.#clock.monotonic() - startedAt) / 1000
    try {
      const token = await this.#getToken(wanted)
      this.#pause = undefined
      this.#onUpstream('token', seconds())
      return token
    } catch (cause) {
      const error = asSourceError(cause)
      if (isPassing(error.failure)) this.#pauseAfter(error)
      this.#onUpstream(error.failure, seconds(), error)
      throw error
    }
  }

  /** Gives up every request and closes the source. */
  stop(): void {
    this.#stopped.abort()
    this.#source.close()
  }

  #getToken({ identity, audience, traceparent }: Wanted): Promise<SourceToken> {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(TIMEOUT_MS)])
    return Promise.race([this.#source.getToken(identity, audience, signal, traceparent), abortOf(signal)])
  }

  #pauseAfter(error: SourceError): void {
    const seconds = Math.min(error.retryAfterSeconds ?? PAUSE_SECONDS, PAUSE_MAX_SECONDS)
    this.#pause = { until: this.#clock.monotonic() + seconds * 1000, error }
  }
}

/** Rejects when `signal` says so, whether the source listens to it or not. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** What a source may not throw counts as no answer. */
function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error
  return new SourceError('unavailable', 'the source failed', { cause: error })
}
