/**
 * The token that answers a request: from the cache, from upstream, or the last good one while upstream is away.
 *
 * @see docs/protocol.md#what-the-agent-serves
 * @module
 */

import { type Identity, type ServedToken, WireError } from '@landfast/protocol'
import type { Clock } from '../clock.ts'
import { AudienceFailures, type AudienceHealth, type TokenFault } from './audience-health.ts'
import { authorityOf, NewTokens } from './new-tokens.ts'
import { isFresh, isLastResort, isRefreshDue } from './refresh-rules.ts'
import { SharedFetch } from './shared-fetch.ts'
import { Slots } from './slots.ts'
import { isPassing, SourceError } from './source.ts'
import { type CachedToken, cachedToken, servedToken, TokenCache, type Wanted } from './token-cache.ts'
import { type UpstreamOptions, UpstreamRequests } from './upstream-requests.ts'

/** Requests upstream at once at each authority; a user who wants very many leaves some for the others. */
const UPSTREAM_AT_ONCE = { total: 16, each: 12 } as const

/** Entra ID gives no new token in place of a good one more often than this: it would answer 429 to everybody. */
const RENEWAL_SPACING_MS = 30_000

/** In whose name the agent refreshes tokens. */
const AGENT_ITSELF = 'agent'

/** What a user who asks for too many is told. */
const NEW_TOKENS = '(too many new tokens were asked for by this user or workload)'

/** How a token is asked for. */
export interface Asking {
  /** Whose turn upstream it takes and whose tokens it pushes out first. Default: the agent's own. */
  sharer?: string
  /** A token of the cache that is so is asked for anew. */
  isUnwanted?: (accessToken: string) => boolean
  /** The trace that it is a part of; of requests that wait for one token, that of the first goes upstream. */
  traceparent?: string | undefined
}

/** Everything that tokens take from outside. */
export interface TokensOptions extends UpstreamOptions {
  /** Why an identity may have no token at all now, not even one of the cache. */
  whyRefused?: ((identity: Identity) => Promise<{ readonly message: string } | undefined>) | undefined
}

/** Serves tokens. */
export class Tokens {
  readonly #clock: Clock
  readonly #whyRefused: TokensOptions['whyRefused']
  readonly #upstream: UpstreamRequests
  readonly #cache = new TokenCache()
  readonly #newTokens: NewTokens
  readonly #fetching = new Map<string, SharedFetch<CachedToken>>()
  readonly #failures = new AudienceFailures()
  /** An authority that does not answer keeps its own waiting, and none of another. */
  readonly #slots = { 'control-plane': new Slots(UPSTREAM_AT_ONCE), entra: new Slots(UPSTREAM_AT_ONCE) }
  /** Goes up when the cache is emptied, so that a token asked for before does not come back after. */
  #generation = 0

  constructor(options: TokensOptions) {
    this.#whyRefused = options.whyRefused
    this.#clock = options.clock
    this.#upstream = new UpstreamRequests(options)
    this.#newTokens = new NewTokens(AGENT_ITSELF, () => this.#clock.monotonic())
  }

  /** Tokens in the cache. */
  get size(): number {
    return this.#cache.size
  }

  /** Which audiences were asked for, and whether a token for each can be served now. */
  health(): AudienceHealth[] {
    return this.#failures.health(this.#good())
  }

  /** Which tokens were asked for lately in vain; `own` is the identity of the machine itself. */
  faults(own: Identity): TokenFault[] {
    return this.#failures.faults(new Set(this.#good().keys()), { own, now: this.#clock.now() })
  }

  /**
   * A token of `identity` for `audience`. One from the cache that is not wanted is asked for anew, and served all the
   * same if there is no other.
   *
   * @throws {WireError} `identity_refused`, `identity_not_found`, `resource_refused`, `endpoint_throttled`,
   *   `upstream_throttled` or `upstream_unavailable`.
   */
  async get(
    identity: Identity,
    audience: string,
    { sharer = AGENT_ITSELF, isUnwanted = () => false, traceparent }: Asking = {},
  ): Promise<ServedToken> {
    const wanted = { identity, audience, sharer, traceparent }
    if (this.#whyRefused) await this.#refuseRefused(identity)
    const held = this.#cache.get(keyOf(wanted))
    if (held && isFresh(held, this.#clock)) {
      if (!isUnwanted(held.accessToken) || this.#isRenewedEnough(held)) return this.#serve(held)
    }
    const waitSeconds = this.#waitSeconds(wanted)
    if (waitSeconds > 0) return this.#serveHeld(held, waitSeconds)
    try {
      const fetched = await this.#fetch(wanted)
      if (this.#whyRefused) await this.#refuseRefused(identity)
      return this.#serve(fetched)
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      // Looked up again: meanwhile another request may have been refused, and the cache emptied.
      const last = this.#cache.get(keyOf(wanted))
      if (last && isLastResort(last, this.#clock) && isPassing(error.failure)) return this.#serve(last)
      throw this.#answerFor(error)
    }
  }

  /** Starts to refresh every token that was used since it came and whose life is half over. */
  refreshAhead(): void {
    for (const token of this.#cache.values()) {
      // A failure is noted where it happens; the next request for the token tries again.
      if (isRefreshDue(token, this.#clock) && this.#waitSeconds(token) === 0)
        this.#fetch(token).catch(() => {})
    }
  }

  /** Throws every token away: the machine may have none any more. One that is on its way is not kept either. */
  clear(): void {
    this.#generation += 1
    this.#cache.clear()
  }

  /** Throws away the tokens of every other identity. */
  keepOnly(isKept: (identity: Identity) => boolean): void {
    this.#forget((identity) => !isKept(identity))
  }

  /** Gives up every request upstream and closes the source. */
  stop(): void {
    this.#upstream.stop()
  }

  /** The tokens that can be served, by their keys. */
  #good(): Map<string, CachedToken> {
    const good = [...this.#cache.values()].filter((token) => isLastResort(token, this.#clock))
    return new Map(good.map((token) => [keyOf(token), token]))
  }

  /** Throws away the tokens of these identities; what is on its way may be one of them, and is not kept either. */
  #forget(isGone: (identity: Identity) => boolean): void {
    this.#generation += 1
    for (const token of [...this.#cache.values()]) {
      if (isGone(token.identity)) this.#cache.delete(keyOf(token))
    }
  }

  async #refuseRefused(identity: Identity): Promise<void> {
    const refusal = await this.#whyRefused?.(identity)
    if (refusal) throw refusedBecause(refusal)
  }

  /** Whether a good token is to be served although another one is wanted; if not, that is taken note of. */
  #isRenewedEnough(held: CachedToken): boolean {
    if (held.identity.authority !== 'entra') return false
    const now = this.#clock.monotonic()
    if (now - held.soughtAgainAt < RENEWAL_SPACING_MS) return true
    held.soughtAgainAt = now
    return false
  }

  /** What is held, for who may have nothing newer now. */
  #serveHeld(held: CachedToken | undefined, retryAfterSeconds: number): ServedToken {
    if (held && isLastResort(held, this.#clock)) return this.#serve(held)
    throw new WireError('endpoint_throttled', { detail: NEW_TOKENS, retryAfterSeconds })
  }

  #serve(token: CachedToken): ServedToken {
    token.used = true
    return servedToken(token, this.#clock)
  }

  /** How long who wants it has to wait before it is asked for; not if it is asked for already. */
  #waitSeconds(wanted: Wanted): number {
    return this.#fetching.has(keyOf(wanted)) ? 0 : this.#newTokens.waitSeconds(wanted.identity, wanted.sharer)
  }

  /** One request upstream for one token, however many wait for it. */
  #fetch(wanted: Wanted): Promise<CachedToken> {
    const key = keyOf(wanted)
    const { identity, sharer } = wanted
    const known = this.#fetching.get(key)
    if (!known) this.#newTokens.take(identity, sharer)
    const fetching = known ?? new SharedFetch(() => this.#ask(wanted, key))
    this.#fetching.set(key, fetching)
    const slots = this.#slots[authorityOf(identity)]
    if (fetching.joins(sharer)) slots.run(sharer, () => fetching.start())
    return fetching.outcome
  }

  async #ask(wanted: Wanted, key: string): Promise<CachedToken> {
    const { identity, audience, sharer } = wanted
    const generation = this.#generation
    try {
      const given = await this.#upstream.ask(wanted)
      const token = cachedToken(given, { identity, audience, sharer }, this.#clock)
      this.#failures.clear(key)
      if (generation === this.#generation) this.#cache.set(key, token)
      return token
    } catch (error) {
      if (error instanceof SourceError) {
        this.#forgetRefused(wanted, error)
        this.#failures.note(key, { identity, audience, error, at: this.#clock.now() })
      }
      throw error
    } finally {
      this.#fetching.delete(key)
    }
  }

  #forgetRefused(wanted: Wanted, { failure }: SourceError): void {
    if (failure === 'refused') this.clear()
    if (failure === 'unassigned' || failure === 'identity_refused') {
      const name = nameOf(wanted.identity)
      this.#forget((identity) => nameOf(identity) === name)
    }
    if (failure === 'resource_refused') this.#cache.delete(keyOf(wanted))
  }

  #answerFor(error: SourceError): WireError {
    const { reason, retryAfterSeconds = 1 } = error
    const options = { cause: error, retryAfterSeconds, ...(reason && { detail: `(${reason.message})` }) }
    switch (error.failure) {
      case 'refused':
      case 'identity_refused':
        return refusedBecause(reason, error)
      case 'unassigned':
        return new WireError('identity_not_found', { cause: error })
      case 'resource_refused':
        return new WireError('resource_refused', {
          cause: error,
          ...(reason && { detail: `(${reason.message})` }),
        })
      case 'throttled':
        return new WireError('upstream_throttled', options)
      case 'unavailable':
        return new WireError('upstream_unavailable', options)
    }
  }
}

/** The answer of a machine that its authority refuses: why, if it has said so. */
export function refusedBecause(reason: { readonly message: string } | undefined, cause?: unknown): WireError {
  const known = reason?.message ?? 'it was deleted or disabled there, or its key is no longer valid'
  return new WireError('identity_refused', { detail: `(${known})`, cause })
}

function keyOf({ identity, audience }: Pick<Wanted, 'identity' | 'audience'>): string {
  return `${nameOf(identity)} ${audience}`
}

/** What tells an identity from those of every authority. */
function nameOf({ authority, clientId }: Identity): string {
  return `${authority ?? ''} ${clientId}`
}
