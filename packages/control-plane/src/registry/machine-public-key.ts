/**
 * A machine's public key: its strength, and the thumbprint by which two of them are the same.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7638
 * @module
 */

import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
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
  return {
    thumbprint,
    publicKey: key.export({ format: 'pem', type: 'spki' }).toString(),
    certificate,
    certificateThumbprints: thumbprintsOf(certificate),
    notAfter: new X509Certificate(certificate).validToDate,
  }
}

/** The RFC 7638 thumbprint of a public key. */
export function keyThumbprint(key: KeyObject): Promise<string> {
  return calculateJwkThumbprint(key.export({ format: 'jwk' }), 'sha256')
}

/**
 * Reads a public key in PEM.
 *
 * @throws {RegistryError} `key_malformed` or `key_unsupported`.
 */
export async function readMachineKey(pem: string): Promise<MachineKey> {
  const key = parse(pem)
  if (!isStrongKey(key)) throw new RegistryError('key_unsupported')
  return { key, thumbprint: await keyThumbprint(key) }
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
