/**
 * The claims of a foreign token that do not depend on a credential: its times and its audience.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-4.1
 * @module
 */

import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import type { JWTPayload } from 'jose'
import { AuthorityError } from '../authority/authority-error.ts'

/** A thief of a longer-lived one could use it for as long; no issuer named in the documentation makes them. */
const LIFETIME_MAX_SECONDS = 86_400

/**
 * Checks when a token with `claims` is good. Times may have fractions, and `nbf` may be absent.
 *
 * @throws {AuthorityError} `federation_malformed` or `assertion_out_of_time`.
 */
export function checkForeignTimes({ exp, iat, nbf }: Readonly<JWTPayload>, nowSeconds: number): void {
  const [ends, made, begins] = [timeOf(exp), timeOf(iat), timeOf(nbf ?? iat)]
  if (ends - made > LIFETIME_MAX_SECONDS + CLOCK_SKEW_SECONDS)
    throw new AuthorityError('federation_malformed')
  const isOver = ends + CLOCK_SKEW_SECONDS <= nowSeconds
  const isYetToCome = Math.max(made, begins) > nowSeconds + CLOCK_SKEW_SECONDS
  if (isOver || isYetToCome) throw new AuthorityError('assertion_out_of_time')
}

function timeOf(claim: unknown): number {
  if (typeof claim !== 'number' || !Number.isFinite(claim)) throw new AuthorityError('federation_malformed')
  return claim
}

/** The one audience of a token; one for several could be presented here by another of them, so it counts for none. */
export function audienceOf(aud: unknown): string | undefined {
  const [only, ...others] = Array.isArray(aud) ? aud : [aud]
  return typeof only === 'string' && others.length === 0 ? only : undefined
}
