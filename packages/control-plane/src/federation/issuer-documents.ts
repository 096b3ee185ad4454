/**
 * The two documents of an issuer: where its keys are, and which of them may prove anything here.
 *
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 * @see https://www.rfc-editor.org/rfc/rfc7517
 * @module
 */

import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { visibleSaying } from '@landfast/protocol'
import { FOREIGN_ALGORITHMS, isKeyFor, isStrongRsa, type JwtAlgorithm } from '@landfast/server'
import { FederationError } from './federation-error.ts'

/** How many keys one issuer may publish. */
export const KEYS_MAX = 100

const RSA_BITS = { min: 2048, max: 8192 }

/** Names a key of an issuer. */
export interface KeyName {
  alg: JwtAlgorithm
  kid: string
}

/** The usable keys of an issuer. */
export interface KeySet {
  find(name: KeyName): KeyObject | undefined
}

/** Where the discovery document of `issuer` is. */
export function discoveryUrl(issuer: string): URL {
  return new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
}

/**
 * Reads where the keys of `issuer` are out of its discovery document.
 *
 * @throws {FederationError} `issuer_answer_malformed`, `issuer_mismatch` or `issuer_keys_url`.
 */
export function readKeysUrl(document: unknown, issuer: string): URL {
  const { issuer: stated, jwks_uri } = readObject(document)
  if (stated !== issuer) {
    throw new FederationError('issuer_mismatch', { detail: mismatchOf(stated, issuer) })
  }
  const url = typeof jwks_uri === 'string' ? URL.parse(jwks_uri) : null
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    throw new FederationError('issuer_keys_url')
  }
  return url
}

/** Both issuers, for the log: they may differ by a slash. What the document says may be anything. */
export function mismatchOf(stated: unknown, issuer: string): string {
  const there = typeof stated === 'string' ? `"${visibleSaying(stated)}"` : 'none'
  return `it states ${there}, not "${visibleSaying(issuer)}"`
}

/**
 * Reads the usable keys out of a key set; other keys in it do no harm.
 *
 * @throws {FederationError} `issuer_answer_malformed`, `issuer_keys_many` or `issuer_keys_unusable`.
 */
export function readKeySet(document: unknown): KeySet {
  const { keys } = readObject(document)
  if (!Array.isArray(keys)) throw new FederationError('issuer_answer_malformed')
  if (keys.length > KEYS_MAX) throw new FederationError('issuer_keys_many')
  const usable = new Map<string, KeyObject>()
  for (const entry of keys as unknown[]) {
    for (const { name, key } of readKey(entry)) {
      // Of two keys of one name the first counts, so that the order of a set decides, not luck.
      if (!usable.has(mapKey(name))) usable.set(mapKey(name), key)
    }
  }
  if (usable.size === 0) throw new FederationError('issuer_keys_unusable')
  return { find: (name) => usable.get(mapKey(name)) }
}

function mapKey({ alg, kid }: KeyName): string {
  return `${alg} ${kid}`
}

function readObject(value: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new FederationError('issuer_answer_malformed')
  return value
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The key under the name of each algorithm that it is good for: the one that it states, else every one for its kind. */
function readKey(entry: unknown): { name: KeyName; key: KeyObject }[] {
  if (!isObject(entry) || !isForVerifying(entry)) return []
  const { kty, kid, alg: stated } = entry
  if ((kty !== 'RSA' && kty !== 'EC') || typeof kid !== 'string' || kid === '') return []
  const key = importKey(entry)
  if (!key || !isStrong(key)) return []
  return FOREIGN_ALGORITHMS.filter((alg) => isKeyFor(alg, key) && (stated ?? alg) === alg).map((alg) => ({
    name: { alg, kid },
    key,
  }))
}

/** A private key that is published proves nothing. */
function isForVerifying({ use, key_ops, d }: Readonly<Record<string, unknown>>): boolean {
  if (d !== undefined || (use !== undefined && use !== 'sig')) return false
  return key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify'))
}

/** Only the members that make the key are taken, so that nothing else in the entry decides. */
function importKey({ kty, n, e, crv, x, y }: Readonly<Record<string, unknown>>): KeyObject | undefined {
  const members = kty === 'RSA' ? { kty, n, e } : { kty, crv, x, y }
  try {
    return createPublicKey({ key: members as JsonWebKey, format: 'jwk' })
  } catch {
    return undefined
  }
}

/** The curve is a matter of the algorithm. */
function isStrong(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' || isStrongRsa(key, RSA_BITS)
}
