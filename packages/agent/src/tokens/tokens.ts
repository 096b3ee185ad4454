/**
 * The token that answers a request: from the cache, from upstream, or the last good one while upstream is away.
 *
 * @see docs/protocol.md#what-the-agent-serves
 * @module
 */

import {
  type Identity,
  type ServedToken,
  TOKEN_EXPIRED_FOR_CLIENTS_SECONDS,
  TOKEN_LAST_SERVED_SECONDS,
  WireError,
} from '@landfast/protocol'
import type { Clock } from '../clock.ts'
import { Slots } from './slots.ts'
import { SourceError, type SourceFailure, type TokenSource } from './source.ts'
import {
  type CachedToken,
  cachedToken,
  remainingMs,
  servedToken,
  TokenCache,
  type Wanted,
} from './token-cache.ts'

/** Requests upstream at once. */
const UPSTREAM_AT_ONCE = 16

/** An upstream request that takes longer is given up; SDKs wait for 30 seconds and more. */
const UPSTREAM_TIMEOUT_MS = 10_000

/** After a passing failure the agent does not ask upstream for this long, unless upstream named a time. */
const PAUSE_SECONDS = 1

/** The longest pause taken from upstream's word. */
const PAUSE_MAX_SECONDS = 300

/** A token is refreshed ahead when half of its life is over. */
const REFRESH_AT = 0.5

/** What is told about each request upstream. */
export type UpstreamOutcome = SourceFailure | 'token'

/** Everything that tokens take from outside. */
export interface TokensOptions {
  source: TokenSource
  clock: Clock
  /** Told after each request upstream; `error` is there unless a token came. */
  onUpstream?: (outcome: UpstreamOutcome, seconds: number, error?: SourceError) => void
}

/** Serves tokens. */
export class Tokens {
  readonly #source: TokenSource
  readonly #clock: Clock
  readonly #onUpstream: NonNullable<TokensOptions['onUpstream']>
  readonly #cache = new TokenCache()
  readonly #fetching = new Map<string, Promise<CachedToken>>()
  readonly #slots = new Slots(UPSTREAM_AT_ONCE)
  readonly #stopped = new AbortController()
  #pause: { until: number; error: SourceError } | undefined
  /** Goes up when the cache is emptied, so that a token asked for before does not come back after. */
  #generation = 0

  constructor(options: TokensOptions) {
    this.#source = options.source
    this.#clock = options.clock
    this.#onUpstream = options.onUpstream ?? (() => {})
  }

  /** Tokens in the cache. */
  get size(): number {
    return this.#cache.size
  }

  /**
   * A token of `identity` for `audience`. One from the cache that is not wanted is asked for anew, and served all the
   * same if there is no other.
   *
   * @throws {WireError} `identity_refused`, `resource_refused`, `upstream_throttled` or `upstream_unavailable`.
   */
  async get(
    identity: Identity,
    audience: string,
    isUnwanted: (accessToken: string) => boolean = () => false,
  ): Promise<ServedToken> {
    const wanted = { identity, audience }
    const held = this.#cache.get(keyOf(wanted))
    const isGood = held && this.#remainingSeconds(held) > TOKEN_EXPIRED_FOR_CLIENTS_SECONDS
    if (isGood && !isUnwanted(held.accessToken)) return this.#serve(held)
    try {
      return this.#serve(await this.#fetch(wanted))
    } catch (cause) {
      const error = asSourceError(cause)
      // Looked up again: meanwhile another request may have been refused, and the cache emptied.
      const last = this.#cache.get(keyOf(wanted))
      const servable = last && this.#remainingSeconds(last) > TOKEN_LAST_SERVED_SECONDS
      if (servable && isPassing(error.failure)) return this.#serve(last)
      throw this.#answerFor(error)
    }
  }

  /** Starts to refresh every token that was used since it came and whose life is half over. */
  refreshAhead(): void {
    for (const token of this.#cache.values()) {
      const due = remainingMs(token, this.#clock) <= token.lifetimeMs * REFRESH_AT
      // A failure is noted where it happens; the next request for the token tries again.
      if (due && token.used) this.#fetch(token).catch(() => {})
    }
  }

  /** Throws every token away: the machine may have none any more. One that is on its way is not kept either. */
  clear(): void {
    this.#generation += 1
    this.#cache.clear()
  }

  /** Throws away the tokens of every identity but those with these client ids. */
  keepOnly(clientIds: ReadonlySet<string>): void {
    this.#generation += 1
    for (const token of [...this.#cache.values()]) {
      if (!clientIds.has(token.identity.clientId)) this.#cache.delete(keyOf(token))
    }
  }

  /** Gives up every request upstream and closes the source. */
  stop(): void {
    this.#stopped.abort()
    this.#source.close()
  }

  #serve(token: CachedToken): ServedToken {
    token.used = true
    return servedToken(token, this.#clock)
  }

  #remainingSeconds(token: CachedToken): number {
    return Math.floor(remainingMs(token, this.#clock) / 1000)
  }

  /** One request upstream for one token, however many wait for it. */
  #fetch(wanted: Wanted): Promise<CachedToken> {
    const key = keyOf(wanted)
    const running = this.#fetching.get(key)
    if (running) return running
    const fetching = this.#slots.run(() => this.#ask(wanted)).finally(() => this.#fetching.delete(key))
    this.#fetching.set(key, fetching)
    return fetching
  }

  async #ask({ identity, audience }: Wanted): Promise<CachedToken> {
    if (this.#pause && this.#clock.monotonic() < this.#pause.until) throw this.#pause.error
    const generation = this.#generation
    const startedAt = this.#clock.monotonic()
    const seconds = () => (this.#clock.monotonic() - startedAt) / 1000
    try {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(UPSTREAM_TIMEOUT_MS)])
      const given = await Promise.race([this.#source.getToken(identity, audience, signal), abortOf(signal)])
      const token = cachedToken(given, { identity, audience }, this.#clock)
      if (generation === this.#generation) this.#cache.set(keyOf(token), token)
      this.#pause = undefined
      this.#onUpstream('token', seconds())
      return token
    } catch (cause) {
      const error = asSourceError(cause)
      this.#noteFailure({ identity, audience }, error)
      this.#onUpstream(error.failure, seconds(), error)
      throw error
    }
  }

  #noteFailure(wanted: Wanted, error: SourceError): void {
    if (error.failure === 'refused') {
      this.clear()
    } else if (error.failure === 'resource_refused') {
      this.#cache.delete(keyOf(wanted))
    } else {
      const seconds = Math.min(error.retryAfterSeconds ?? PAUSE_SECONDS, PAUSE_MAX_SECONDS)
      this.#pause = { until: this.#clock.monotonic() + seconds * 1000, error }
    }
  }

  #answerFor(error: SourceError): WireError {
    const options = { cause: error, retryAfterSeconds: this.#pauseLeftSeconds() }
    switch (error.failure) {
      case 'refused':
        return new WireError('identity_refused', { cause: error })
      case 'resource_refused':
        return new WireError('resource_refused', { cause: error })
      case 'throttled':
        return new WireError('upstream_throttled', options)
      case 'unavailable':
        return new WireError('upstream_unavailable', options)
    }
  }

  #pauseLeftSeconds(): number {
    const left = (this.#pause?.until ?? 0) - this.#clock.monotonic()
    return Math.max(1, Math.ceil(left / 1000))
  }
}

/** Rejects when `signal` says so, whether the source listens to it or not. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function keyOf({ identity, audience }: Wanted): string {
  return `${identity.clientId} ${audience}`
}

function isPassing(failure: SourceFailure): boolean {
  return failure === 'throttled' || failure === 'unavailable'
}

function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error
  return new SourceError('unavailable', 'the source failed', { cause: error })
}
