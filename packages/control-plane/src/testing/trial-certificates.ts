/**
 * Certificates that a test makes as it likes: authorities, what they issue, and ones with faults. Not published.
 *
 * @module
 */

import { KeyObject, webcrypto } from 'node:crypto'
import { BasicConstraintsExtension, type Extension, X509CertificateGenerator } from '@landfast/server/x509'

/** A certificate with its private key. */
export interface TrialCertificate {
  name: string
  pem: string
  /** As a header carries it. */
  der: string
  privateKey: KeyObject
  keys: webcrypto.CryptoKeyPair
}

/** What a certificate shall be like. */
export interface CertificateWish {
  /** Default: an EC key on P-256. */
  kind?: 'rsa' | 'ec'
  rsaBits?: number
  curve?: string
  hash?: string
  name?: string
  notBefore?: Date
  notAfter?: Date
  /** Makes it an authority; a number limits how many are below it. */
  authority?: boolean | number
  extensions?: readonly Extension[]
  /** Default: new ones of that kind. */
  keys?: webcrypto.CryptoKeyPair
}

const DAY_MILLISECONDS = 86_400_000

/** A certificate that `issuer` issued, or one that signed itself. */
export async function makeCertificate(
  wish: CertificateWish = {},
  issuer?: TrialCertificate,
): Promise<TrialCertificate> {
  const { name = 'CN=deploy', hash = 'SHA-256' } = wish
  const keys = wish.keys ?? (await makeTrialKeys(wish))
  const certificate = await X509CertificateGenerator.create({
    subject: name,
    issuer: issuer?.name ?? name,
    notBefore: wish.notBefore ?? new Date(Date.now() - DAY_MILLISECONDS),
    notAfter: wish.notAfter ?? new Date(Date.now() + 30 * DAY_MILLISECONDS),
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: { ...(issuer?.keys.privateKey ?? keys.privateKey).algorithm, hash },
    extensions: [...constraintsOf(wish), ...(wish.extensions ?? [])],
  })
  return {
    name,
    pem: certificate.toString('pem'),
    der: Buffer.from(certificate.rawData).toString('base64'),
    privateKey: KeyObject.from(keys.privateKey),
    keys,
  }
}

/** Keys for a certificate of that kind. */
export function makeTrialKeys(
  wish: Pick<CertificateWish, 'kind' | 'curve' | 'rsaBits'>,
): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithmOf(wish, wish.kind ?? 'ec'), true, ['sign', 'verify'])
}

function algorithmOf({ rsaBits = 2048, curve = 'P-256' }: CertificateWish, kind: 'rsa' | 'ec') {
  return kind === 'ec'
    ? { name: 'ECDSA', namedCurve: curve }
    : {
        name: 'RSASSA-PKCS1-v1_5',
        hash: 'SHA-256',
        modulusLength: rsaBits,
        publicExponent: new Uint8Array([1, 0, 1]),
      }
}

function constraintsOf({ authority }: CertificateWish): Extension[] {
  if (authority === undefined || authority === false) return []
  return [new BasicConstraintsExtension(true, authority === true ? undefined : authority, true)]
}
