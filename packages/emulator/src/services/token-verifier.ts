/**
 * Decides whether a token is good for a service: signature, issuer, audience and time.
 *
 * @module
 */

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { codedError, withDetail } from '@landfast/protocol'
import { isSignedBy, parseJwt } from '@landfast/server'

const FAULTS = {
  signature_unknown: 'no key of the issuer has signed it',
  issuer_wrong: 'it has another issuer',
  audience_wrong: 'it is for another audience',
  expired: 'it has expired',
  not_valid_yet: 'it is not valid yet',
} as const

/** Why a token is not good; each service says it in its own words. */
export class TokenFault extends codedError('TokenFault', FAULTS, withDetail) {}

/** What a token says that is believed. */
export type TokenClaims = Readonly<Record<string, unknown>>

/** A JSON Web Key Set as it is published. */
export interface KeySet {
  keys: readonly Readonly<Record<string, unknown>>[]
}

/** Whose tokens are taken. */
export interface TokenTrust {
  issuer: string
  readKeys(): Promise<KeySet>
  nowSeconds(): number
}

/** What a service of our own needs that takes such tokens. */
export interface TrustingService extends TokenTrust {
  /** The key and the certificate of its address, PEM. */
  key: string
  certificate: string
  /** Where its callers get tokens. */
  authority: string
}

/** Reads the tokens of one issuer for one audience; it keeps the keys of the issuer. */
export class TokenVerifier {
  readonly #trust: TokenTrust
  readonly #audiences: readonly unknown[]
  #keys: ReadonlyMap<unknown, KeyObject> = new Map()
  #reading: Promise<void> | undefined

  /** A client may write `audience` with a slash at its end. */
  constructor(trust: TokenTrust, audience: string) {
    this.#trust = trust
    this.#audiences = [audience, `${audience}/`]
  }

  /** The claims of `text`. @throws {TokenFault} with what is wrong. */
  async verify(text: string): Promise<TokenClaims> {
    const token = parseJwt(text)
    const key = token && (await this.#keyOf(token.header.kid))
    if (!token || !key || !isSignedBy(token, key)) throw new TokenFault('signature_unknown')
    this.#check(token.claims)
    return token.claims
  }

  #check({ iss, aud, nbf, exp }: TokenClaims): void {
    const { issuer } = this.#trust
    const [audience] = this.#audiences
    const now = this.#trust.nowSeconds()
    if (iss !== issuer) throw new TokenFault('issuer_wrong', { detail: `expected ${issuer}, found ${iss}` })
    if (!this.#audiences.includes(aud))
      throw new TokenFault('audience_wrong', { detail: `expected ${audience}, found ${aud}` })
    if (!(Number(exp) > now)) throw new TokenFault('expired')
    if (!(Number(nbf) <= now)) throw new TokenFault('not_valid_yet')
  }

  /** Keys rotate: one that is not known yet may have been published since. However many are asked for, one reading goes on. */
  async #keyOf(id: unknown): Promise<KeyObject | undefined> {
    if (!this.#keys.has(id)) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined
      })
      await this.#reading
    }
    return this.#keys.get(id)
  }

  async #read(): Promise<void> {
    this.#keys = readKeySet(await this.#trust.readKeys())
  }
}

function readKeySet({ keys }: KeySet): Map<unknown, KeyObject> {
  return new Map(
    keys.map((key) => [key.kid, createPublicKey({ key: key as JsonWebKey, format: 'jwk' })] as const),
  )
}
