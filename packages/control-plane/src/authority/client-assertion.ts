/**
 * A client's signed assertion: found to be signed by one of the client's own keys, or refused.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 * @module
 */

import { compactVerify, decodeProtectedHeader, type ProtectedHeaderParameters } from 'jose'
import type { Client, ClientKey } from '../registry/clients.ts'
import { type CheckedAssertion, checkAssertionClaims } from './assertion-claims.ts'
import { AuthorityError } from './authority-error.ts'

const RSA_ALGORITHMS = ['PS256', 'RS256'] as const
const EC_ALGORITHMS = ['ES256'] as const

/** What an assertion may be signed with. */
export const ASSERTION_ALGORITHMS = [...RSA_ALGORITHMS, ...EC_ALGORITHMS] as const

/** A good assertion, with the key that proved it. */
export interface VerifiedAssertion extends CheckedAssertion {
  /** `x5t#S256` of the key's certificate. */
  keySha256: string
}

/**
 * Verifies `assertion` as `client`'s.
 *
 * @throws {AuthorityError} `signature_invalid`, `assertion_malformed` or what its claims are refused for.
 */
export async function verifyClientAssertion(
  assertion: string,
  client: Client,
  expected: { audiences: readonly string[]; now: Date },
): Promise<VerifiedAssertion> {
  const key = keyNamedBy(readHeader(assertion), client.keys)
  if (!key || key.notAfter <= expected.now) throw new AuthorityError('signature_invalid')
  const claims = await verifySignature(assertion, key)
  const checked = checkAssertionClaims(claims, {
    clientId: client.identity.clientId,
    audiences: expected.audiences,
    nowSeconds: expected.now.getTime() / 1000,
  })
  return { ...checked, keySha256: key.sha256 }
}

function readHeader(assertion: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(assertion)
  } catch (cause) {
    throw new AuthorityError('assertion_malformed', { cause })
  }
}

/** The better thumbprint decides alone where both are given. */
function keyNamedBy(header: ProtectedHeaderParameters, keys: readonly ClientKey[]): ClientKey | undefined {
  const { x5t, 'x5t#S256': x5tS256 } = header as Readonly<Record<string, unknown>>
  if (x5tS256 !== undefined) return keys.find((key) => key.sha256 === base64url(x5tS256))
  return keys.find((key) => key.sha1 === base64url(x5t))
}

/** Older clients write thumbprints in plain base64 with padding. */
function base64url(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  return value.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The key, not the header, decides which algorithms may be used. */
async function verifySignature(assertion: string, key: ClientKey): Promise<Record<string, unknown>> {
  const algorithms = key.publicKey.asymmetricKeyType === 'rsa' ? RSA_ALGORITHMS : EC_ALGORITHMS
  const verified = await compactVerify(assertion, key.publicKey, { algorithms: [...algorithms] }).catch(
    (cause: unknown) => {
      throw new AuthorityError('signature_invalid', { cause })
    },
  )
  return readClaims(verified.payload)
}

function readClaims(payload: Uint8Array): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) {
      return claims as Record<string, unknown>
    }
  } catch (cause) {
    throw new AuthorityError('assertion_malformed', { cause })
  }
  throw new AuthorityError('assertion_malformed')
}
