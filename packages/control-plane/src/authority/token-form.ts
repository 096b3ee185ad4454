/**
 * The form of a token request: its fields, and those that must be there.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2
 * @module
 */

import { AuthorityError } from './authority-error.ts'

/** The names of the fields. */
export const TOKEN_FIELDS = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion_type',
  'client_assertion',
  'scope',
  'resource',
] as const

type TokenField = (typeof TOKEN_FIELDS)[number]

/** The fields of the form. Other fields of a client (`x-client-SKU`, `client_info`, …) are ignored. */
export type TokenForm = Readonly<Partial<Record<TokenField, string>>>

/** @throws {AuthorityError} `parameter_missing`. */
export function requiredField(form: TokenForm, field: TokenField): string {
  const value = form[field]
  if (!value) throw new AuthorityError('parameter_missing', { detail: `'${field}'` })
  return value
}
