/**
 * The trust that a federated credential states, and the rules for it: every part is compared exactly, so that it never
 * matches more, or something else, than its author sees. Only an expression, which is checked elsewhere, has wildcards.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
 * @module
 */

import { FEDERATED_AUDIENCE, hasControlCharacters } from '@landfast/protocol'
import { RegistryError, type RegistryErrorCode } from './registry-error.ts'

/** Limits of Entra. */
const TEXT_MAX_CHARACTERS = 600

/** 3 to 120 characters that need no escape in a URL, as the Resource Manager of Azure has it. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}$/

declare const CHECKED: unique symbol

/** An expression about claims in which nothing is wrong any more, as `checkClaimsExpression` gives it. */
export type CheckedExpression = string & { readonly [CHECKED]: true }

/** Whose tokens: those of one subject exactly, or all that meet an expression. */
export type TrustedClaims =
  | { subject: string; expression?: undefined }
  | { subject?: undefined; expression: CheckedExpression }

/** Tokens of `issuer` for these claims and `audience`, each exactly so. */
export type FederatedTrust = TrustedClaims & {
  issuer: string
  audience: string
}

/**
 * Checks what a credential shall be called and trust.
 *
 * @throws {RegistryError} with the code of the first part that is wrong.
 */
export function checkFederatedTrust(writing: {
  name: string
  issuer: string
  subject?: string | undefined
  expression?: CheckedExpression | undefined
  audiences?: readonly string[] | undefined
}): FederatedTrust {
  const { name, issuer, audiences = [FEDERATED_AUDIENCE] } = writing
  const [audience = '', ...more] = audiences
  refuseUnless(NAME.test(name), 'federated_name_malformed')
  refuseUnless(isIssuer(issuer), 'federated_issuer_malformed')
  const claims = checkClaims(writing)
  refuseUnless(isExactText(audience) && more.length === 0, 'federated_audience_malformed')
  return { issuer, ...claims, audience }
}

function checkClaims(writing: {
  subject?: string | undefined
  expression?: CheckedExpression | undefined
}): TrustedClaims {
  const { subject, expression } = writing
  if (subject === undefined && expression !== undefined) return { expression }
  if (subject === undefined || expression !== undefined) throw new RegistryError('federated_claims_unclear')
  refuseUnless(isExactText(subject), 'federated_subject_malformed')
  return { subject }
}

function refuseUnless(good: boolean, code: RegistryErrorCode): void {
  if (!good) throw new RegistryError(code)
}

/**
 * Whether `value` may be an issuer: nothing that a URL parser would silently drop or correct, since it is compared
 * as text and asked as a URL.
 */
export function isIssuer(value: string): boolean {
  // No user before the host, not even an empty name: a reader would take that for the host.
  return isExactText(value) && /^https:\/\/[^\s\\?#/@]+(?:\/[^\s\\?#]*)?$/.test(value) && URL.canParse(value)
}

function isExactText(value: string): boolean {
  return (
    value.length > 0 &&
    value.length <= TEXT_MAX_CHARACTERS &&
    value === value.trim() &&
    !value.includes('*') &&
    !hasControlCharacters(value)
  )
}
