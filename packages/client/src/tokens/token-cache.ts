/**
 * The tokens that are held: one request for each however many wait, asked for anew before the end, and kept while
 * that fails.
 *
 * @module
 */

import type { AccessToken } from '../access-token.ts'
import { isFresh, isLastResort, refreshTime, retryTime } from './refresh-rules.ts'

/** Tokens of one identity; the one that was got first goes first. More audiences than any program has. */
const TOKENS_MAX = 4096

/** A token as its source gave it. */
export interface Token {
  accessToken: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/** Asks the source. */
export type Ask = () => Promise<Token>

/** The clock by which tokens end, and pauses. */
export interface TokenClock {
  now(): number
  wait(milliseconds: number): Promise<void>
}

/** A source that needs longer than this is not waited for while there is a token to give. */
const WAIT_MS = 1000

interface Held {
  /** Made once, so that an answer from the cache makes nothing. */
  readonly answer: Promise<AccessToken>
  readonly token: Token
  /** From then on it is asked for anew. */
  refreshAt: number
}

/** Tokens by the place they come from: an endpoint and an identity there. */
export class TokenCache {
  readonly #places = new Map<string, HeldTokens>()

  /** Those of one place. */
  at(place: string): HeldTokens {
    const known = this.#places.get(place)
    if (known) return known
    const made = new HeldTokens()
    this.#places.set(place, made)
    return made
  }
}

/** The tokens of one identity, by what each is for. */
export class HeldTokens {
  readonly #held = new Map<string, Held>()
  readonly #asked = new Map<string, Promise<AccessToken>>()

  /** The token if it is held and need not be asked for anew. Takes the same time however many are held. */
  ready(key: string, now: number): Promise<AccessToken> | undefined {
    const held = this.#held.get(key)
    return held && now < held.refreshAt ? held.answer : undefined
  }

  /**
   * The token, from `ask` if need be. One that is good is answered at once, and asked for anew behind; one that is
   * about to end only if asking fails or takes long.
   */
  async get(key: string, clock: TokenClock, ask: Ask): Promise<AccessToken> {
    const now = clock.now()
    const held = this.#held.get(key)
    if (!held || !isLastResort(held.token.expiresAt, now)) return this.#ask(key, clock, ask)
    if (now < held.refreshAt) return held.answer
    const anew = this.#ask(key, clock, ask).catch(() => held.answer)
    if (isFresh(held.token.expiresAt, now)) return held.answer
    return Promise.race([anew, clock.wait(WAIT_MS).then(() => held.answer)])
  }

  /** A token that is not the one held: its resource refused that one. */
  renew(key: string, clock: TokenClock, ask: Ask): Promise<AccessToken> {
    return this.#store(key, clock, ask)
  }

  /** The token that is held, if any, whatever its age. */
  held(key: string): Token | undefined {
    return this.#held.get(key)?.token
  }

  #ask(key: string, clock: TokenClock, ask: Ask): Promise<AccessToken> {
    const asked = this.#asked.get(key)
    if (asked) return asked
    const answer = this.#store(key, clock, ask).finally(() => this.#asked.delete(key))
    this.#asked.set(key, answer)
    return answer
  }

  async #store(key: string, { now }: TokenClock, ask: Ask): Promise<AccessToken> {
    try {
      const token = await ask()
      const held = hold(token, now())
      this.#held.delete(key)
      this.#held.set(key, held)
      if (this.#held.size > TOKENS_MAX) this.#dropOldest()
      return held.answer
    } catch (error) {
      const held = this.#held.get(key)
      if (held) held.refreshAt = retryTime(held.token.expiresAt, now())
      throw error
    }
  }

  #dropOldest(): void {
    for (const key of this.#held.keys()) {
      this.#held.delete(key)
      return
    }
  }
}

function hold(token: Token, now: number): Held {
  const refreshAt = refreshTime(token.expiresAt, now)
  const answer: AccessToken = Object.freeze({
    token: token.accessToken,
    expiresOnTimestamp: token.expiresAt,
    refreshAfterTimestamp: refreshAt,
    tokenType: 'Bearer',
  })
  return { answer: Promise.resolve(answer), token, refreshAt }
}
