/**
 * Keys of an issuer that a test plays: what it signs with and what its server is known by. Not published.
 *
 * @module
 */

import { generateKeyPair, type JsonWebKey, KeyObject, type webcrypto } from 'node:crypto'
import { promisify } from 'node:util'
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@landfast/server/x509'

/** A key pair with its public half as an issuer publishes it. */
export async function makeIssuerKey(
  kid: string,
  kind: 'rsa' | 'ec' | 'P-384' = 'ec',
): Promise<{ privateKey: KeyObject; jwk: JsonWebKey & { kid: string } }> {
  const { privateKey, publicKey } = await (kind === 'rsa'
    ? promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    : promisify(generateKeyPair)('ec', { namedCurve: kind === 'ec' ? 'P-256' : kind }))
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } }
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A key with a certificate for `names` that vouches for itself, so that it is its own CA. */
export async function makeCertificate(
  names: readonly { type: 'dns' | 'ip'; value: string }[],
): Promise<{ key: string; certificate: string }> {
  const keys: webcrypto.CryptoKeyPair = await crypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['issuer'] }],
    keys,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    signingAlgorithm: CURVE,
    extensions: [new SubjectAlternativeNameExtension([...names])],
  })
  const key = KeyObject.from(keys.privateKey).export({ format: 'pem', type: 'pkcs8' }).toString()
  return { key, certificate: certificate.toString('pem') }
}
