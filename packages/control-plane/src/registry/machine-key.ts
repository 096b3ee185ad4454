/**
 * A machine's public key: its strength, and the thumbprint by which two of them are the same.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7638
 * @module
 */

import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { isStrongKey } from '../certificates/key-strength.ts'
import { type Thumbprints, thumbprintsOf } from '../certificates/thumbprint.ts'
import { RegistryError } from './registry-error.ts'

/** A public key (PEM) with the certificate (PEM) over it. */
export interface CertifiedKey {
  /** Names the key itself, however it was encoded. */
  thumbprint: string
  publicKey: string
  certificate: string
  certificateThumbprints: Thumbprints
  notAfter: Date
}

/**
 * Has `certify` make a certificate over the public key in `pem`.
 *
 * @throws {RegistryError} `key_malformed` or `key_unsupported`.
 */
export async function certifyKey(
  pem: string,
  certify: (publicKey: KeyObject) => Promise<string>,
): Promise<CertifiedKey> {
  const key = readMachineKey(pem)
  const certificate = await certify(key)
  return {
    thumbprint: await keyThumbprint(key),
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
export function readMachineKey(pem: string): KeyObject {
  const key = parse(pem)
  if (!isStrongKey(key)) throw new RegistryError('key_unsupported')
  return key
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
