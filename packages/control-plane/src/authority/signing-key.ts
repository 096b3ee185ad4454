/**
 * The key that signs access tokens, with the certificate that gives it its name.
 *
 * @module
 */

import { KeyObject, sign, webcrypto, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import { X509CertificateGenerator } from '@landfast/server/x509'
import { thumbprintsOf } from '../certificates/thumbprint.ts'

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const

/** The certificate only names the key; no verifier checks its end. */
const CERTIFICATE_MILLISECONDS = 5 * 365 * 86_400_000

/** The public half as the key documents publish it. */
export interface PublishedKey {
  kty: 'RSA'
  use: 'sig'
  alg: 'RS256'
  kid: string
  x5t: string
  n: string
  e: string
  x5c: [string]
}

/** A key that signs. */
export interface SigningKey {
  readonly published: PublishedKey
  /** `claims` as a compact JWT. */
  sign(claims: object): Promise<string>
}

/** Makes the two halves of a key. */
export type MakeKeyPair = () => Promise<webcrypto.CryptoKeyPair>

/** New ones. */
export const makeKeyPair: MakeKeyPair = () => webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify'])

/** A new key, not published yet. */
export async function makeSigningKey(
  now: Date,
  makePair: MakeKeyPair = makeKeyPair,
): Promise<{ kid: string; privateKey: KeyObject; certificate: string }> {
  const keys = await makePair()
  const made = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['Landfast token signing'] }],
    keys,
    notBefore: new Date(now.getTime() - CLOCK_SKEW_SECONDS * 1000),
    notAfter: new Date(now.getTime() + CERTIFICATE_MILLISECONDS),
    signingAlgorithm: RSA,
  })
  const certificate = made.toString('pem')
  return { kid: kidOf(certificate), privateKey: KeyObject.from(keys.privateKey), certificate }
}

/** The key with its certificate. */
export function signingKeyOf(privateKey: KeyObject, certificate: string): SigningKey {
  const published = publishedKey(certificate)
  const { kid, x5t } = published
  const header = encode({ typ: 'JWT', alg: 'RS256', kid, x5t })
  const signAsync = promisify(sign)
  return {
    published,
    sign: async (claims) => {
      const signed = `${header}.${encode(claims)}`
      const signature = await signAsync('sha256', Buffer.from(signed), privateKey)
      return `${signed}.${signature.toString('base64url')}`
    },
  }
}

/** Made from the certificate alone, so that no private part can slip in. */
function publishedKey(certificate: string): PublishedKey {
  const { publicKey, raw } = new X509Certificate(certificate)
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const kid = kidOf(certificate)
  return {
    kty: 'RSA',
    use: 'sig',
    alg: 'RS256',
    kid,
    x5t: kid,
    n,
    e,
    x5c: [raw.toString('base64')],
  }
}

/** As at Entra, `kid` is what `x5t` is. */
function kidOf(certificate: string): string {
  return thumbprintsOf(certificate).sha1
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
