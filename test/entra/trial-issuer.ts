/**
 * An issuer that a test plays for the stand-in: its two documents over HTTPS, and tokens as it would sign them.
 *
 * @module
 */

import type { JsonWebKey, KeyObject } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import { onTestFinished } from 'vitest'
import { makeCertificate, makeIssuerKey } from '../../packages/control-plane/src/testing/issuer-keys.ts'

/** The audience of the public cloud. */
export const AUDIENCE = 'api://AzureADTokenExchange'

/** The subject of its tokens. */
export const SUBJECT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee'

interface IssuerKey {
  privateKey: KeyObject
  jwk: JsonWebKey & { kid: string }
}

/** The key that is published and signs. */
export const RSA_KEY: IssuerKey = await makeIssuerKey('first', 'rsa')

/** The key that follows it. */
export const NEXT_KEY: IssuerKey = await makeIssuerKey('next', 'rsa')

/** A key that Entra ID does not take. */
export const EC_KEY: IssuerKey = await makeIssuerKey('ec')

/** The key as the issuer publishes it. */
export function published({ jwk }: IssuerKey): JsonWebKey {
  return { ...jwk, use: 'sig', alg: 'RS256' }
}

/** An issuer; a test changes what it publishes. */
export interface Issuer {
  url: string
  ca: string
  keys: JsonWebKey[]
  /** What the discovery document names. */
  named: string
  /** The paths that were asked. */
  asked: string[]
}

/** Starts an issuer under `path`, until the end of the test. */
export async function startIssuer(path = '/tenant/'): Promise<Issuer> {
  const { key, certificate } = await makeCertificate([{ type: 'dns', value: 'localhost' }])
  const server = createServer({ key, cert: certificate }, ({ url = '' }, response) => {
    issuer.asked.push(url)
    const document = documentsOf(issuer)[url]
    response.writeHead(document ? 200 : 404).end(JSON.stringify(document ?? {}))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  const url = `https://localhost:${(server.address() as AddressInfo).port}${path}`
  const issuer: Issuer = { url, ca: certificate, keys: [published(RSA_KEY)], named: url, asked: [] }
  return issuer
}

function documentsOf({ url, named, keys }: Issuer): Record<string, object> {
  const base = url.replace(/\/$/, '')
  const path = new URL(url).pathname.replace(/\/$/, '')
  return {
    [`${path}/.well-known/openid-configuration`]: { issuer: named, jwks_uri: `${base}/keys` },
    [`${path}/keys`]: { keys },
  }
}

/** What a token shall be like. */
export interface TokenWish {
  key?: IssuerKey
  alg?: string
  kid?: string
  claims?: Record<string, unknown>
}

/** A token of `issuer`. */
export async function makeToken(
  issuer: Pick<Issuer, 'url'>,
  { key = RSA_KEY, alg = 'RS256', kid, claims }: TokenWish = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const payload = { iss: issuer.url, sub: SUBJECT, aud: AUDIENCE, iat: now, nbf: now, exp: now + 3600 }
  return await new SignJWT({ ...payload, ...claims })
    .setProtectedHeader({ alg, kid: kid ?? key.jwk.kid })
    .sign(key.privateKey)
}
