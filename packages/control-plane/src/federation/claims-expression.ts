/**
 * The expressions of flexible federated credentials, version 1 of Azure's language, as they are written:
 * `claims['sub'] matches 'repo:ORG/REPO:*' and claims['job_workflow_ref'] eq 'ORG/REPO/.github/workflows/x.yml@refs/heads/main'`.
 * Nothing here is a regular expression, and there is no "or".
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials
 * @module
 */

import { hasControlCharacters } from '@landfast/protocol'
import { RegistryError } from '../registry/registry-error.ts'

/** The only version of the language. */
export const EXPRESSION_LANGUAGE_VERSION = 1

/** As long as a subject may be. */
const EXPRESSION_MAX_CHARACTERS = 600

/** More than anybody needs; each is looked at for every token. */
const TERMS_MAX = 8

/** What a comparand may be compared by. After `matches`, `?` stands for one character and `*` for any number. */
export type ClaimsOperator = 'eq' | 'matches'

/** What one claim must be. */
export interface ClaimsTerm {
  claim: string
  operator: ClaimsOperator
  text: string
}

/** Names such as `sub`, `job_workflow_ref` or `https://example.com/team`. */
const TERM = /claims\['([\w.:/-]{1,128})'\] (eq|matches) '([^']+)'/y

const AND = ' and '

/**
 * The terms of `value`, which must all be met.
 *
 * @throws {RegistryError} `federated_expression_malformed`, with the place and the reason.
 */
export function parseClaimsExpression(value: string): ClaimsTerm[] {
  if (value.length > EXPRESSION_MAX_CHARACTERS) {
    throw malformed(`it is longer than ${EXPRESSION_MAX_CHARACTERS} characters`)
  }
  const terms: ClaimsTerm[] = []
  let at = 0
  while (true) {
    const { term, end } = readTerm(value, at)
    terms.push(term)
    if (end === value.length) return checked(terms)
    if (!value.startsWith(AND, end)) throw malformed(`at character ${end + 1} only " and " may follow`)
    at = end + AND.length
  }
}

function readTerm(value: string, at: number): { term: ClaimsTerm; end: number } {
  TERM.lastIndex = at
  const [whole = '', claim = '', operator = '', text = ''] = TERM.exec(value) ?? []
  if (whole === '') {
    throw malformed(
      `at character ${at + 1} it must go on like claims['sub'] matches 'repo:ORG/REPO:*', with "eq" or "matches", single spaces and no quote in a text`,
    )
  }
  return { term: { claim, operator: operator as ClaimsOperator, text }, end: at + whole.length }
}

function checked(terms: ClaimsTerm[]): ClaimsTerm[] {
  if (terms.length > TERMS_MAX) throw malformed(`it has more than ${TERMS_MAX} terms`)
  for (const { operator, text } of terms) {
    if (hasControlCharacters(text)) throw malformed('a text in it has a control character')
    if (operator === 'eq' && text.includes('*'))
      throw malformed('after "eq" there is no wildcard; write "matches"')
  }
  return terms
}

function malformed(detail: string): RegistryError {
  return new RegistryError('federated_expression_malformed', { detail })
}
