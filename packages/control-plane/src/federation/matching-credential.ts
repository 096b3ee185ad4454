/**
 * Which federated credential the claims of a token meet, once its issuer is known to vouch for them.
 *
 * @module
 */

import type { JWTPayload } from 'jose'
import { AuthorityError } from '../authority/authority-error.ts'
import type { FederatedCredential } from '../registry/federated-credentials.ts'
import { parseClaimsExpression } from './claims-expression.ts'
import { matchesClaims } from './claims-expression-match.ts'
import { audienceOf } from './foreign-claims.ts'
import { otherFormOf } from './subject-forms.ts'

/** A subject longer than this is in no credential, and is not repeated to its sender. */
const SUBJECT_MAX_CHARACTERS = 600

type Claims = Readonly<JWTPayload>

/**
 * The one of `trusted` that `claims` meet: one that names the subject before one whose expression does, and these by name. The
 * audience of one hides no other.
 *
 * @throws {AuthorityError} `federation_subject_unmatched` or `federation_audience_unmatched`: the workload may learn what
 * does not fit.
 */
export function matchingCredential(
  trusted: readonly FederatedCredential[],
  claims: Claims,
): FederatedCredential {
  const meant = trusted.filter((credential) => meets(credential, claims))
  if (meant.length === 0) throw new AuthorityError('federation_subject_unmatched', describe(trusted, claims))
  const audience = audienceOf(claims.aud)
  const credential = meant.toSorted(bySubjectFirst).find((one) => one.audience === audience)
  if (!credential) throw new AuthorityError('federation_audience_unmatched')
  return credential
}

function meets({ subject, expression }: FederatedCredential, claims: Claims): boolean {
  if (expression === undefined) return subject === claims.sub
  return matchesClaims(parseClaimsExpression(expression), claims)
}

/** They come by name, and a sort keeps the order of what it does not tell apart. */
function bySubjectFirst(one: FederatedCredential, other: FederatedCredential): number {
  return Number(one.subject === undefined) - Number(other.subject === undefined)
}

function describe(trusted: readonly FederatedCredential[], claims: Claims): { detail?: string } {
  const { sub } = claims
  const isPlain = typeof sub === 'string' && /^[\x20-\x7e]+$/.test(sub)
  if (!isPlain || sub.length > SUBJECT_MAX_CHARACTERS) return {}
  const form = otherFormOf(claims, (other) => trusted.some((credential) => meets(credential, other)))
  return { detail: form === undefined ? `'${sub}'` : `'${sub}'; ${form}` }
}
