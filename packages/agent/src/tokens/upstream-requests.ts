/**
 * Requests upstream, each counted and told to who watches.
 *
 * @module
 */

import type { Clock } from '../clock.ts'
import {
  asSourceError,
  type SourceError,
  type SourceFailure,
  type SourceToken,
  type TokenSource,
} from './source.ts'
import type { Wanted } from './token-cache.ts'

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

  constructor({ source, clock, onUpstream = () => {} }: UpstreamOptions) {
    this.#source = source
    this.#clock = clock
    this.#onUpstream = onUpstream
  }

  /**
   * A token from upstream.
   *
   * @throws {SourceError} of the source, which may not have asked at all.
   */
  async ask({ identity, audience, traceparent }: Wanted): Promise<SourceToken> {
    const startedAt = this.#clock.monotonic()
    const seconds = () => (this.#clock.monotonic() - startedAt) / 1000
    try {
      const token = await this.#source.getToken(identity, audience, this.#stopped.signal, traceparent)
      this.#onUpstream('token', seconds())
      return token
    } catch (cause) {
      const error = asSourceError(cause)
      if (!error.isPause) this.#onUpstream(error.failure, seconds(), error)
      throw error
    }
  }

  /** Gives up every request and closes the source. */
  stop(): void {
    this.#stopped.abort()
    this.#source.close()
  }
}
