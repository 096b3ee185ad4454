/**
 * How far an expression reaches: one that would let in what anybody can have at the same issuer is refused, with the
 * reason.
 *
 * @see docs/federation.md#one-credential-for-many-subjects
 * @module
 */

import type { CheckedExpression } from '../registry/federated-trust.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { type ClaimsTerm, parseClaimsExpression } from './claims-expression.ts'

/** The forms of subjects that are known, and up to where each must be written out. */
const OWNERS: readonly [begins: string, whole: RegExp, meant: string][] = [
  ['repo:', /^repo:[^/:@]+(@\d+)?\//, 'repo:OWNER/ or repo:OWNER@ID/'],
  ['project_path:', /^project_path:[^/:]+\//, 'project_path:GROUP/'],
  ['project_id:', /^project_id:\d+:/, 'project_id:ID:'],
  ['organization:', /^organization:[^:]+:/, 'organization:NAME:'],
  ['system:serviceaccount:', /^system:serviceaccount:[^:]+:/, 'system:serviceaccount:NAMESPACE:'],
]

/** An owner before a slash, or a key and its value. */
const ANY_OWNER = /^(?:[^:/]+\/|[^:/]+:\/*[^:/]+[:/])/

/** Claims of GitLab that no rename changes; a path alone can become somebody else's. */
const GITLAB_IDS: readonly string[] = ['project_id', 'namespace_id', 'user_id']

/**
 * The expression `value`, in which nothing is wrong.
 *
 * @throws {RegistryError} `federated_expression_malformed` or `federated_expression_open`, with the reason.
 */
export function checkClaimsExpression(value: string): CheckedExpression {
  refuseOpen(parseClaimsExpression(value))
  return value as CheckedExpression
}

function refuseOpen(terms: readonly ClaimsTerm[]): void {
  const subjects = terms.filter(({ claim }) => claim === 'sub')
  if (subjects.length === 0) throw open("no term is about claims['sub']")
  const reasons = subjects.map(whyOpen)
  // Of several terms about the subject one that is narrow will do, since all must be met.
  const [reason] = reasons
  if (reason !== undefined && reasons.every((one) => one !== undefined)) throw open(reason)
  refuseMovingPath(terms, subjects)
}

function whyOpen({ operator, text }: ClaimsTerm): string | undefined {
  const [fixed = ''] = text.split(/[?*]/, 1)
  if (operator === 'eq' || fixed === text) return undefined
  const [, whole = ANY_OWNER, meant = 'OWNER/ or KEY:VALUE:'] =
    OWNERS.find(([begins]) => fixed.startsWith(begins)) ?? []
  if (whole.test(fixed)) return undefined
  return `before its first wildcard the text must say whose subject it is, such as ${meant}; it says '${fixed}'`
}

/** At GitLab the path of a project that was renamed or deleted can be taken by another. */
function refuseMovingPath(terms: readonly ClaimsTerm[], subjects: readonly ClaimsTerm[]): void {
  const isPath = subjects.some(
    ({ operator, text }) => operator === 'matches' && text.startsWith('project_path:'),
  )
  const hasId = terms.some(({ claim, operator }) => operator === 'eq' && GITLAB_IDS.includes(claim))
  if (isPath && !hasId) {
    throw open('with project_path: the expression also needs project_id, namespace_id or user_id, by eq')
  }
}

function open(detail: string): RegistryError {
  return new RegistryError('federated_expression_open', { detail })
}
