/**
 * Dummy public keys for clients that have none: verifying takes as long with them, so that time does not tell which
 * clients and keys exist.
 *
 * @module
 */

import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import type { KeyKind } from '@landfast/server'

/** In PEM, as the registry keeps the keys of clients. */
const STRANGERS: Readonly<Record<KeyKind, string>> = {
  rsa: rsaPem(),
  'P-256': ecPem('P-256'),
  'P-384': ecPem('P-384'),
}

/** A public key of this kind whose private half was thrown away. */
export function strangersKey(kind: KeyKind): KeyObject {
  return createPublicKey(STRANGERS[kind])
}

/** To verify with a random modulus costs the same; it has no private half at all. */
function rsaPem(): string {
  const modulus = randomBytes(256)
  modulus.writeUInt8(modulus.readUInt8(0) | 0x80, 0)
  modulus.writeUInt8(modulus.readUInt8(255) | 1, 255)
  const key = { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }
  return pemOf(createPublicKey({ format: 'jwk', key }))
}

function ecPem(namedCurve: string): string {
  return pemOf(generateKeyPairSync('ec', { namedCurve }).publicKey)
}

function pemOf(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' }).toString()
}
