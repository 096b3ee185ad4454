/**
 * The access tokens that the stand-in gives: those of Entra ID's version 1.0 for an application.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 * @module
 */

import {
  createHash,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'

/** What a token says. */
export interface TokenWish {
  issuer: string
  tenantId: string
  clientId: string
  objectId: string
  resource: string
  nowSeconds: number
  lifetimeSeconds: number
}

/** Signs tokens with one key of its own. */
export class AccessTokens {
  readonly #privateKey: KeyObject
  readonly jwk: JsonWebKey

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = publicKey.export({ format: 'jwk' })
    const kid = createHash('sha1').update(String(jwk.n)).digest('base64url')
    this.#privateKey = privateKey
    this.jwk = { ...jwk, use: 'sig', kid, x5t: kid }
  }

  /** A token that is valid from now on. */
  create(wish: TokenWish): string {
    const { kid } = this.jwk
    const header = encode({ typ: 'JWT', alg: 'RS256', x5t: kid, kid })
    const input = `${header}.${encode(claimsOf(wish))}`
    return `${input}.${sign('sha256', Buffer.from(input), this.#privateKey).toString('base64url')}`
  }
}

function claimsOf({ issuer, tenantId, clientId, objectId, resource, ...times }: TokenWish): object {
  const { nowSeconds, lifetimeSeconds } = times
  return {
    aud: resource,
    iss: issuer,
    iat: nowSeconds - 300,
    nbf: nowSeconds - 300,
    exp: nowSeconds + lifetimeSeconds,
    aio: randomBytes(32).toString('base64'),
    appid: clientId,
    appidacr: '2',
    idp: issuer,
    idtyp: 'app',
    oid: objectId,
    rh: `1.${randomBytes(24).toString('base64url')}.`,
    sub: objectId,
    tid: tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: '1.0',
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
