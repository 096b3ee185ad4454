/**
 * The join token that a person copies to a new machine: where its control plane is, by which certificate it is
 * known, and the secret that lets one machine in.
 *
 * @see docs/onboarding.md#join-tokens
 * @module
 */

import { decodeBase64url, encodeBase64url } from './base64url.ts'

/** What every join token begins with: a name by which scanners for secrets find it, and a version. */
export const JOIN_TOKEN_PREFIX = 'lfjt1.'

/** A secret has at least this many random bytes. */
export const JOIN_TOKEN_SECRET_BYTES = 32

/** Longer text is no join token. */
const TEXT_MAX_CHARACTERS = 1024

/** What a join token says. */
export interface JoinToken {
  /** The origin of the control plane, `https://HOST[:PORT]`. */
  url: string
  /** SHA-256 of the CA certificate's DER in base64url; absent if the server's certificate is publicly trusted. */
  caFingerprint?: string
  /** base64url. It is all that the control plane is ever shown. */
  secret: string
}

/** `https`, a DNS name, an IPv4 address or an IPv6 address in brackets, perhaps a port, and no slash. */
const ORIGIN = /^https:\/\/(?:[a-z\d_](?:[a-z\d_.-]{0,251}[a-z\d_])?|\[[\da-f:.]{2,45}\])(?::[1-9]\d{0,4})?$/

/** SHA-256 in base64url. */
const FINGERPRINT = /^[\w-]{43}$/

/** At least 32 bytes in base64url. */
const SECRET = /^[\w-]{43,128}$/

/** Whether `text` may be the secret of a join token. */
export function isJoinTokenSecret(text: string): boolean {
  return SECRET.test(text)
}

/**
 * The text for a person to copy.
 *
 * @throws {TypeError} if a part of `token` is malformed.
 */
export function formatJoinToken(token: JoinToken): string {
  if (!isJoinToken(token)) throw new TypeError('a part of the join token is malformed')
  const { url, caFingerprint, secret } = token
  // A fingerprint that is undefined leaves no trace in JSON.
  return JOIN_TOKEN_PREFIX + encodeBase64url(JSON.stringify({ u: url, f: caFingerprint, s: secret }))
}

/** What `text` says, or undefined if it is no whole join token; white space around it does not count. */
export function parseJoinToken(text: string): JoinToken | undefined {
  const trimmed = text.trim()
  if (trimmed.length > TEXT_MAX_CHARACTERS || !trimmed.startsWith(JOIN_TOKEN_PREFIX)) return undefined
  const json = decodeBase64url(trimmed.slice(JOIN_TOKEN_PREFIX.length))
  const { u: url, f: caFingerprint, s: secret } = readObject(json)
  const token = { url, secret, ...(caFingerprint === undefined ? {} : { caFingerprint }) }
  return isJoinToken(token) ? token : undefined
}

function readObject(json: string | undefined): Record<string, unknown> {
  try {
    return { ...JSON.parse(json ?? '') }
  } catch {
    return {}
  }
}

function isJoinToken(token: { url: unknown; caFingerprint?: unknown; secret: unknown }): token is JoinToken {
  const { url, caFingerprint, secret } = token
  return (
    matches(url, ORIGIN) &&
    (caFingerprint === undefined || matches(caFingerprint, FINGERPRINT)) &&
    matches(secret, SECRET)
  )
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}
