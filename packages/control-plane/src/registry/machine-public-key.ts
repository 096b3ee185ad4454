/**
 * A machine's public key: its strength, and the thumbprint by which two of them are the same.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7638
 * @module
 */

import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import { isStrongKey } from '../certificates/key-strength.ts'
import { type Thumbprints, thumbprintsOf } from '../certificates/thumbprint.ts'
import { RegistryError } from './registry-error.ts'

/** A public key that is good enough for a machine. */
export interface MachineKey {
  key: KeyObject
  /** RFC 7638: names the key itself, however it was encoded. */
  thumbprint: string
}

/** A public key (PEM) with the certificate (PEM) over it. */
export interface CertifiedKey {
  /** As in `MachineKey`. */
  thumbprint: string
  publicKey: string
  certificate: string
  certificateThumbprints: Thumbprints
  notAfter: Date
}

/** Has `certificates` certify the key of the machine with this client id. */
export async function certifyKey(
  certificates: Pick<CertificateAuthority, 'certifyMachine'>,
  { key, thumbprint }: MachineKey,
  clientId: string,
): Promise<CertifiedKey> {
  const certificate = await certificates.certifyMachine(key, clientId)
  const read = new X509Certificate(certificate)
  return {
    thumbprint,
    publicKey: key.export({ format: 'pem', type: 'spki' }).toString(),
    certificate,
    certificateThumbprints: thumbprintsOf(read),
    notAfter: read.validToDate,
  }
}

/** The members of which a thumbprint is made, in their order. */
const MEMBERS = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'] } as const

/** The RFC 7638 thumbprint of an EC or RSA key; jose takes a job of another thread for it, and twice the time. */
export function keyThumbprint(key: KeyObject): string {
  const jwk = key.export({ format: 'jwk' })
  const members = MEMBERS[jwk.kty as keyof typeof MEMBERS].map((name) => [name, jwk[name]])
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url')
}

/**
 * Reads a public key in PEM.
 *
 * @throws {RegistryError} `key_malformed` or `key_unsupported`.
 */
export function readMachineKey(pem: string): MachineKey {
  const key = parse(pem)
  if (!isStrongKey(key)) throw new RegistryError('key_unsupported')
  return { key, thumbprint: keyThumbprint(key) }
}

/** A private key would be taken as well, so the label is looked at first: it must never be sent here. */
function parse(pem: string): KeyObject {
  if (!pem.trimStart().startsWith('-----BEGIN PUBLIC KEY-----')) throw new RegistryError('key_malformed')
  try {
    return createPublicKey({ key: pem, format: 'pem' })
  } catch (cause) {
    throw new RegistryError('key_malformed', { cause })
  }
}
