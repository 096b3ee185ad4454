/**
 * The public key of a machine as Resource Manager writes it: base64 of DER. The connected machine agent sends
 * PKCS#1; SPKI and PEM of either are taken as well.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.1
 * @module
 */

import { createPublicKey, type KeyObject } from 'node:crypto'
import { RegistryError } from './registry-error.ts'

/** No key that is taken is longer in any form. */
const TEXT_MAX_CHARACTERS = 4_096

const PEM = /^\s*-----BEGIN (RSA )?PUBLIC KEY-----/
const BASE64 = /^[A-Za-z\d+/]+={0,2}$/

/**
 * `text` as an SPKI public key in PEM.
 *
 * @throws {RegistryError} `key_malformed`.
 */
export function readPublicKeyText(text: string): string {
  if (text.length > TEXT_MAX_CHARACTERS) throw new RegistryError('key_malformed')
  return parse(text).export({ format: 'pem', type: 'spki' }).toString()
}

/** The key in `pem` as base64 of DER: PKCS#1 of an RSA key, else SPKI. */
export function formatPublicKeyText(pem: string): string {
  const key = createPublicKey(pem)
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'spki'
  return key.export({ format: 'der', type }).toString('base64')
}

function parse(text: string): KeyObject {
  if (PEM.test(text)) return parsePem(text)
  const der = BASE64.test(text) ? Buffer.from(text, 'base64') : undefined
  const key = der && (parseDer(der, 'pkcs1') ?? parseDer(der, 'spki'))
  if (!key) throw new RegistryError('key_malformed')
  return key
}

/**
 * A private key would be read as well, and must never be sent here, so the key is compared with what it was read
 * from.
 */
function parseDer(der: Buffer, type: 'pkcs1' | 'spki'): KeyObject | undefined {
  try {
    const read = createPublicKey({ key: der, format: 'der', type })
    // What was read from PKCS#1 cannot be written as PKCS#1 by Node 24 before it was SPKI.
    const key = createPublicKey(read.export({ format: 'pem', type: 'spki' }))
    return key.export({ format: 'der', type }).equals(der) ? key : undefined
  } catch {
    return undefined
  }
}

function parsePem(pem: string): KeyObject {
  try {
    return createPublicKey({ key: pem, format: 'pem' })
  } catch (cause) {
    throw new RegistryError('key_malformed', { cause })
  }
}
