/**
 * The thumbprints by which a JWT header names a certificate.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-4.1.7
 * @module
 */

import { createHash, X509Certificate } from 'node:crypto'

/** `x5t` and `x5t#S256` of a certificate, in base64url. */
export interface Thumbprints {
  sha1: string
  sha256: string
}

/** The thumbprints of a certificate, which is in PEM unless it was read before. */
export function thumbprintsOf(certificate: string | X509Certificate): Thumbprints {
  const { raw } = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate
  return { sha1: digest('sha1', raw), sha256: digest('sha256', raw) }
}

/** The one that `text` is, as JWTs have it, or as openssl and browsers show it; undefined if it looks like none. */
export function readThumbprint(text: string): Partial<Thumbprints> | undefined {
  const hex = text.replaceAll(':', '')
  const bytes = /^([\da-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex') : Buffer.from(text, 'base64url')
  const thumbprint = bytes.toString('base64url')
  if (bytes.toString('hex') !== hex.toLowerCase() && thumbprint !== text) return undefined
  if (bytes.length === SHA256_BYTES) return { sha256: thumbprint }
  return bytes.length === SHA1_BYTES ? { sha1: thumbprint } : undefined
}

const SHA256_BYTES = 32
const SHA1_BYTES = 20

function digest(algorithm: 'sha1' | 'sha256', bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('base64url')
}
