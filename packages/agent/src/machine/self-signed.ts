/**
 * A self-signed certificate for a key of this machine. Nobody trusts it for its signature: the application in Entra ID has
 * it, and so knows the key.
 *
 * @see docs/entra.md
 * @module
 */

import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto'

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const

const DAY_MS = 86_400_000

/** A machine whose clock is somewhat ahead must not make a certificate that is not good yet elsewhere. */
const BACKDATED_MS = 3_600_000

/** What the certificate says. */
export interface SelfSignedOptions {
  /** PEM. */
  privateKey: string
  commonName: string
  now: Date
  /** From its first moment to its last: tenants may limit the whole of it. */
  days: number
}

/** The certificate in PEM. */
export async function selfSigned({ privateKey, commonName, now, days }: SelfSignedOptions): Promise<string> {
  const { X509CertificateGenerator } = await import('@landfast/server/x509')
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // As one value: a name must not be read as a list of fields.
    name: [{ CN: [commonName] }],
    keys: await keysOf(privateKey),
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS - BACKDATED_MS),
  })
  return certificate.toString('pem')
}

async function keysOf(
  pem: string,
): Promise<{ privateKey: webcrypto.CryptoKey; publicKey: webcrypto.CryptoKey }> {
  const key = createPrivateKey(pem)
  const [pkcs8, spki] = [
    key.export({ type: 'pkcs8', format: 'der' }),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
  ]
  const { subtle } = webcrypto
  return {
    privateKey: await subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']),
    publicKey: await subtle.importKey('spki', spki, ALGORITHM, true, ['verify']),
  }
}
