/**
 * What a token request asks for: the form of one version of the endpoint, read into the same demand.
 *
 * @module
 */

import {
  CLIENT_CREDENTIALS,
  hasControlCharacters,
  JWT_BEARER,
  RESOURCE_MAX_CHARACTERS,
  resourceOfScope,
} from '@landfast/protocol'
import { AuthorityError } from './authority-error.ts'
import type { EndpointVersion } from './endpoints.ts'
import { readGuid } from './guid.ts'

/** The fields of the form. Whatever else a client sends (`x-client-SKU`, `client_info`, …) is ignored. */
export type TokenForm = Readonly<Partial<Record<TokenField, string>>>

/** The names of the fields. */
export const TOKEN_FIELDS = [
  'grant_type',
  'client_id',
  'client_assertion_type',
  'client_assertion',
  'scope',
  'resource',
] as const

type TokenField = (typeof TOKEN_FIELDS)[number]

/** A token request that passed every check of its form. */
export interface TokenDemand {
  /** Lower-case. */
  clientId: string
  /** The audience, byte for byte as asked. */
  resource: string
  assertion: string
}

/**
 * Reads `form`.
 *
 * @throws {AuthorityError} with the code of the first thing that is wrong.
 */
export function readTokenDemand(version: EndpointVersion, form: TokenForm): TokenDemand {
  if (required(form, 'grant_type') !== CLIENT_CREDENTIALS) throw new AuthorityError('grant_unsupported')
  const clientId = readGuid(required(form, 'client_id'))
  const resource = version === 'v1' ? readResource(form) : readScope(form)
  if (!form.client_assertion) throw new AuthorityError('assertion_missing')
  if (required(form, 'client_assertion_type') !== JWT_BEARER) throw new AuthorityError('assertion_malformed')
  // Every client id is a GUID, so nobody has another one.
  if (clientId === undefined) throw new AuthorityError('client_unknown')
  return { clientId, resource, assertion: form.client_assertion }
}

function required(form: TokenForm, field: TokenField): string {
  const value = form[field]
  if (!value) throw new AuthorityError('parameter_missing', { detail: `'${field}'` })
  return value
}

function readScope(form: TokenForm): string {
  const resource = resourceOfScope(required(form, 'scope'))
  if (resource === undefined || !isResource(resource)) throw new AuthorityError('scope_malformed')
  return resource
}

function readResource(form: TokenForm): string {
  const resource = required(form, 'resource')
  if (!isResource(resource)) throw new AuthorityError('resource_malformed')
  return resource
}

function isResource(value: string): boolean {
  return value.trim() !== '' && value.length <= RESOURCE_MAX_CHARACTERS && !hasControlCharacters(value)
}
