/**
 * A JWT that a machine signed with one of its own keys. Each heartbeat brings one, so Node verifies it itself: with
 * a key that is seen once in five minutes that costs less than half of what `jose` needs.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-5.2
 * @module
 */

import { constants, type KeyObject, verify } from 'node:crypto'

/** The longest text that is looked at. The agent's own have some 700 characters. */
const JWT_MAX_CHARACTERS = 4096

const HASH = 'sha256'

/** What each algorithm is to Node, under the only type of key that it is good for. */
const ALGORITHMS: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  rsa: {
    PS256: {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    },
    RS256: { padding: constants.RSA_PKCS1_PADDING },
  },
  ec: { ES256: { dsaEncoding: 'ieee-p1363' } },
}

/** A JWT in its parts; its claims are not to be believed before it is verified. */
export interface ParsedJwt {
  header: Readonly<Record<string, unknown>>
  claims: Readonly<Record<string, unknown>>
  /** What is signed. */
  input: string
  signature: Buffer
}

/** The parts of `jwt`, or undefined if it is none. */
export function parseJwt(jwt: string): ParsedJwt | undefined {
  if (jwt.length > JWT_MAX_CHARACTERS) return undefined
  const [, header = '', claims = '', signature = ''] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(jwt) ?? []
  const parsed = { header: readPart(header), claims: readPart(claims) }
  if (!parsed.header || !parsed.claims) return undefined
  return {
    header: parsed.header,
    claims: parsed.claims,
    input: `${header}.${claims}`,
    signature: Buffer.from(signature, 'base64url'),
  }
}

/** Whether `key` signed the JWT. The key, not the header, decides which algorithms may be used. */
export function isSignedBy({ header, input, signature }: ParsedJwt, key: KeyObject): boolean {
  // Whoever marks an extension as critical wants what does not understand it to refuse (section 4.1.11).
  if ('crit' in header) return false
  const algorithms = ALGORITHMS[key.asymmetricKeyType ?? ''] ?? {}
  const { alg } = header
  if (typeof alg !== 'string' || !Object.hasOwn(algorithms, alg)) return false
  return verify(HASH, Buffer.from(input), { key, ...algorithms[alg] }, signature)
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    const bytes = Buffer.from(part, 'base64url')
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
