/**
 * Decides whether a token is good for the key vault: signature, issuer, audience and time.
 *
 * @module
 */

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isSignedBy, parseJwt } from '@landfast/server'
import { VaultError } from './vault-error.ts'

/** What the tokens of a key vault are for; a client may write it with a slash. */
export const VAULT_AUDIENCE = 'https://vault.azure.net'
const AUDIENCES: readonly unknown[] = [VAULT_AUDIENCE, `${VAULT_AUDIENCE}/`]

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

/** Reads the tokens of one issuer, whose keys it keeps. */
export class TokenVerifier {
  readonly #trust: TokenTrust
  #keys: ReadonlyMap<unknown, KeyObject> = new Map()

  constructor(trust: TokenTrust) {
    this.#trust = trust
  }

  /** The claims of the token in the header `Authorization`. @throws {VaultError} `token_missing`, `token_invalid`. */
  async verify(authorization: string | undefined): Promise<TokenClaims> {
    const [, text] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
    if (text === undefined) throw new VaultError('token_missing')
    const token = parseJwt(text)
    const key = token && (await this.#keyOf(token.header.kid))
    if (!token || !key || !isSignedBy(token, key)) {
      throw new VaultError('token_invalid', 'no key of the issuer has signed it')
    }
    this.#check(token.claims)
    return token.claims
  }

  #check({ iss, aud, nbf, exp }: TokenClaims): void {
    const { issuer } = this.#trust
    const now = this.#trust.nowSeconds()
    if (iss !== issuer) refuse(`AKV10032: Invalid issuer. Expected ${issuer}, found ${iss}`)
    if (!AUDIENCES.includes(aud))
      refuse(`AKV10022: Invalid audience. Expected ${VAULT_AUDIENCE}, found ${aud}`)
    if (!(Number(exp) > now)) refuse('it has expired')
    if (!(Number(nbf) <= now)) refuse('it is not valid yet')
  }

  /** Keys rotate: one that is not known yet may have been published since. */
  async #keyOf(id: unknown): Promise<KeyObject | undefined> {
    if (!this.#keys.has(id)) this.#keys = readKeySet(await this.#trust.readKeys())
    return this.#keys.get(id)
  }
}

function readKeySet({ keys }: KeySet): Map<unknown, KeyObject> {
  return new Map(
    keys.map((key) => [key.kid, createPublicKey({ key: key as JsonWebKey, format: 'jwk' })] as const),
  )
}

function refuse(reason: string): never {
  throw new VaultError('token_invalid', reason)
}
