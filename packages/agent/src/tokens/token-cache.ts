/**
 * Tokens that the agent holds: at most 1,000, the least recently used goes first.
 *
 * @module
 */

import { BACKDATED_SECONDS, type Identity, type ServedToken } from '@landfast/protocol'
import type { Clock } from '../clock.ts'
import type { SourceToken } from './source.ts'

/** Tokens held at once; a caller that invents audiences pushes out those that it asked for itself. */
export const CACHED_TOKENS_MAX = 1000

/** Clocks that differ by no more than this agree. */
const CLOCKS_AGREE_MS = 5000

/** Whose token is wanted, and for what. */
export interface Wanted {
  readonly identity: Identity
  readonly audience: string
  /** Who asked for it first. */
  readonly sharer: string
  /** The trace of the request that asks, as its header names it. */
  readonly traceparent?: string | undefined
}

/** A token in the cache. Times are milliseconds. */
export interface CachedToken extends Wanted {
  readonly accessToken: string
  readonly receivedAt: number
  readonly receivedAtMonotonic: number
  readonly lifetimeMs: number
  /** Whether it was served since it was received: only then it is refreshed ahead. */
  used: boolean
  /** When it was last asked for anew before its time; the cache has it from then on. */
  soughtAgainAt: number
}

/** `token` as it is kept from now on. */
export function cachedToken(token: SourceToken, wanted: Wanted, clock: Clock): CachedToken {
  return {
    ...wanted,
    accessToken: token.accessToken,
    receivedAt: clock.now(),
    receivedAtMonotonic: clock.monotonic(),
    lifetimeMs: token.expiresInSeconds * 1000,
    used: false,
    soughtAgainAt: clock.monotonic(),
  }
}

/**
 * Milliseconds until `token` ends. Of the two clocks the stricter one counts: the wall clock may have been set
 * back, the other stands still while the machine sleeps.
 */
export function remainingMs(token: CachedToken, clock: Clock): number {
  const passed = Math.max(clock.now() - token.receivedAt, clock.monotonic() - token.receivedAtMonotonic)
  return token.lifetimeMs - passed
}

/** `token` as it is served now; `expiresOn` is by this machine's clock, since its clients compare with that. */
export function servedToken(token: CachedToken, clock: Clock): ServedToken {
  const remaining = remainingMs(token, clock)
  const expiresOn = token.receivedAt + token.lifetimeMs
  const agreed = Math.abs(expiresOn - clock.now() - remaining) <= CLOCKS_AGREE_MS
  return {
    accessToken: token.accessToken,
    expiresInSeconds: Math.floor(remaining / 1000),
    expiresOn: Math.floor((agreed ? expiresOn : clock.now() + remaining) / 1000),
    notBefore: Math.floor((agreed ? token.receivedAt : clock.now()) / 1000) - BACKDATED_SECONDS,
  }
}

/** The cache itself: a map whose order is that of use. */
export class TokenCache {
  readonly #tokens = new Map<string, CachedToken>()

  get size(): number {
    return this.#tokens.size
  }

  get(key: string): CachedToken | undefined {
    const token = this.#tokens.get(key)
    if (!token) return undefined
    this.#tokens.delete(key)
    this.#tokens.set(key, token)
    return token
  }

  set(key: string, token: CachedToken): void {
    this.#tokens.delete(key)
    this.#tokens.set(key, token)
    if (this.#tokens.size <= CACHED_TOKENS_MAX) return
    this.#forgetOne()
  }

  /** The least recently used of whoever has most. */
  #forgetOne(): void {
    const sharers = Map.groupBy(this.#tokens, ([, { sharer }]) => sharer)
    const [largest] = [...sharers.values()].sort((one, other) => other.length - one.length)
    const [oldest] = largest?.[0] ?? []
    if (oldest !== undefined) this.#tokens.delete(oldest)
  }

  delete(key: string): void {
    this.#tokens.delete(key)
  }

  clear(): void {
    this.#tokens.clear()
  }

  values(): Iterable<CachedToken> {
    return this.#tokens.values()
  }
}
