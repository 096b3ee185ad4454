/**
 * A compact JWT that a machine signs with one of its own keys: the agent makes it, the control plane reads it. Each
 * heartbeat brings one, so Node verifies it itself: with a key that is seen once in five minutes that costs less than
 * half of what `jose` needs.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-7.1
 * @module
 */

import type { KeyObject } from 'node:crypto'
import { isKeyFor, readAlgorithm, signInput, verifyInput } from './jwt-algorithms.ts'

/** The longest text that is looked at. The agent's own have some 700 characters. */
const JWT_MAX_CHARACTERS = 4096

/** The JWT of `header` and `claims`; `alg` is added: PS256 for an RSA key, ES256 for one on P-256. */
export function signJwt(header: object, claims: object, key: KeyObject): string {
  const alg = key.asymmetricKeyType === 'ec' ? 'ES256' : 'PS256'
  const input = `${formatPart({ alg, ...header })}.${formatPart(claims)}`
  return `${input}.${signInput(alg, input, key).toString('base64url')}`
}

function formatPart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
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

/**
 * Whether `key` signed the JWT. The key, not the header, decides which algorithms may be used.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-5.2
 */
export function isSignedBy(jwt: ParsedJwt, key: KeyObject): boolean {
  // A reader that does not understand a critical extension must refuse (section 4.1.11).
  if ('crit' in jwt.header) return false
  const algorithm = readAlgorithm(jwt.header.alg)
  if (!algorithm || !isKeyFor(algorithm, key)) return false
  return verifyInput(algorithm, jwt, key)
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
