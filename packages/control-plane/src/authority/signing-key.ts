/**
 * The key that signs access tokens, with the certificate that gives it its name.
 *
 * @module
 */

import { createPrivateKey, KeyObject, sign, webcrypto, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import type { Kysely } from 'kysely'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { X509CertificateGenerator } from '../certificates/x509.ts'
import type { Schema } from '../storage/schema.ts'

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const

/** The certificate only names the key; nobody checks its end. */
const CERTIFICATE_MILLISECONDS = 5 * 365 * 86_400_000

/** The public half as the key documents publish it. */
interface PublishedKey {
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

/** The kept key, or a new one if there is none. */
export async function openSigningKey(db: Kysely<Schema>, now: Date): Promise<SigningKey> {
  const kept = await db.selectFrom('signing_key').selectAll().orderBy('created_at', 'desc').executeTakeFirst()
  if (kept) return signingKeyOf(createPrivateKey(kept.private_key), kept.certificate)
  const { privateKey, certificate } = await makeKey(now)
  const row = {
    kid: thumbprintsOf(certificate).sha1,
    private_key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificate,
    signs_from: now.getTime(),
    published_until: null,
    created_at: now.getTime(),
  }
  await db.insertInto('signing_key').values(row).execute()
  return signingKeyOf(privateKey, certificate)
}

async function makeKey(now: Date): Promise<{ privateKey: KeyObject; certificate: string }> {
  const keys = await webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['Landfast token signing'] }],
    keys,
    notBefore: new Date(now.getTime() - CLOCK_SKEW_SECONDS * 1000),
    notAfter: new Date(now.getTime() + CERTIFICATE_MILLISECONDS),
    signingAlgorithm: RSA,
  })
  return { privateKey: KeyObject.from(keys.privateKey), certificate: certificate.toString('pem') }
}

function signingKeyOf(privateKey: KeyObject, certificate: string): SigningKey {
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
  const { sha1 } = thumbprintsOf(certificate)
  return {
    kty: 'RSA',
    use: 'sig',
    alg: 'RS256',
    kid: sha1,
    x5t: sha1,
    n,
    e,
    x5c: [raw.toString('base64')],
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
