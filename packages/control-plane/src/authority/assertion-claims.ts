/**
 * Checks the claims of a client assertion whose signature is already known to be good.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 * @module
 */

import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import { AuthorityError } from './authority-error.ts'

/** How long an assertion may be good, as at Entra; the skew of the clocks comes on top. */
const LIFETIME_MAX_SECONDS = 600

/** A `jti` longer than this identifies nothing better. */
const JTI_MAX_CHARACTERS = 256

/** What of a good assertion is still needed. */
export interface CheckedAssertion {
  jti: string
  /** Seconds since 1970, perhaps with a fraction; afterwards it is refused for its age alone. */
  refusedFrom: number
}

/**
 * Checks `claims`. Times may have fractions, and `nbf` and `iat` may be absent, as in assertions of older clients.
 *
 * @throws {AuthorityError} `assertion_malformed`, `client_mismatch`, `audience_wrong` or `assertion_out_of_time`.
 */
export function checkAssertionClaims(
  claims: Readonly<Record<string, unknown>>,
  expected: { clientId: string; audiences: readonly string[]; nowSeconds: number },
): CheckedAssertion {
  const { clientId, audiences, nowSeconds } = expected
  if (!isClient(claims.iss, clientId) || !isClient(claims.sub, clientId)) {
    throw new AuthorityError('client_mismatch')
  }
  if (!audiences.includes(audienceOf(claims.aud))) throw new AuthorityError('audience_wrong')
  const exp = checkTimes(claims, nowSeconds)
  return { jti: jtiOf(claims.jti), refusedFrom: exp + CLOCK_SKEW_SECONDS }
}

function isClient(value: unknown, clientId: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === clientId
}

/** An assertion for several audiences could be presented to one of them by another, so it counts for none. */
function audienceOf(aud: unknown): string {
  const [only, ...others] = Array.isArray(aud) ? aud : [aud]
  return typeof only === 'string' && others.length === 0 ? only : ''
}

function checkTimes(claims: Readonly<Record<string, unknown>>, nowSeconds: number): number {
  const exp = timeOf(claims.exp)
  const begins = [claims.nbf, claims.iat].filter((claim) => claim !== undefined).map(timeOf)
  const outside =
    exp + CLOCK_SKEW_SECONDS <= nowSeconds || begins.some((begin) => begin > nowSeconds + CLOCK_SKEW_SECONDS)
  if (outside) throw new AuthorityError('assertion_out_of_time')
  const begin = begins.length > 0 ? Math.min(...begins) : nowSeconds
  if (exp - begin > LIFETIME_MAX_SECONDS + CLOCK_SKEW_SECONDS) throw new AuthorityError('assertion_malformed')
  return exp
}

function timeOf(claim: unknown): number {
  if (typeof claim !== 'number' || !Number.isFinite(claim)) throw new AuthorityError('assertion_malformed')
  return claim
}

function jtiOf(jti: unknown): string {
  if (typeof jti !== 'string' || jti === '' || jti.length > JTI_MAX_CHARACTERS) {
    throw new AuthorityError('assertion_malformed')
  }
  return jti
}
