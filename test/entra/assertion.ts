/**
 * Reading a signed assertion, by the rules of JWS alone. Not the reader of the product: two that share a fault would
 * agree.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515
 * @module
 */

import { constants, type KeyObject, verify } from 'node:crypto'

/** The parts of a compact JWS whose payload is a JSON object. */
export interface Assertion {
  header: Readonly<Record<string, unknown>>
  claims: Readonly<Record<string, unknown>>
  input: string
  signature: Buffer
}

/** The parts, or undefined if `text` is none. */
export function readAssertion(text: string): Assertion | undefined {
  const parts = text.split('.')
  if (parts.length !== 3) return undefined
  const [header, claims] = parts.map(readPart)
  if (!header || !claims) return undefined
  return {
    header,
    claims,
    input: `${parts[0]}.${parts[1]}`,
    signature: Buffer.from(parts[2] ?? '', 'base64url'),
  }
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** RFC 7518, sections 3.3 and 3.5. */
const PADDINGS: Readonly<Record<string, object>> = {
  RS256: { padding: constants.RSA_PKCS1_PADDING },
  PS256: {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  },
}

/** Whether the assertion's own algorithm and `key` give its signature. */
export function isSigned({ header, input, signature }: Assertion, key: KeyObject): boolean {
  const padding = PADDINGS[String(header.alg)]
  if (!padding || key.asymmetricKeyType !== 'rsa') return false
  return verify('sha256', Buffer.from(input), { key, ...padding }, signature)
}
