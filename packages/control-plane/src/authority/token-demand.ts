/**
 * The demand of a token request: client, audience and credential, read from the form of either version of the endpoint.
 * Nothing is proven yet.
 *
 * @module
 */

import {
  audienceOfScope,
  CLIENT_CREDENTIALS,
  hasControlCharacters,
  RESOURCE_MAX_CHARACTERS,
  resourceOfScope,
} from '@landfast/protocol'
import { readGuid } from '../guid.ts'
import { AuthorityError } from './authority-error.ts'
import { type BasicCredentials, readBasicAuthorization } from './basic-authorization.ts'
import type { EndpointVersion } from './endpoints.ts'
import { type PresentedCredential, readCredential } from './presented-credential.ts'
import { requiredField, type TokenForm } from './token-form.ts'

/** A token request that passed every check of its form. */
export interface TokenDemand {
  /** Lower-case. */
  clientId: string
  /** What the v1 form calls `resource`, byte for byte as asked. */
  audience: string
  credential: PresentedCredential
}

/** What of an HTTP request the demand is read from. */
export interface TokenMessage {
  version: EndpointVersion
  form: TokenForm
  /** The header, if there is one. */
  authorization?: string | undefined
}

/**
 * Reads `message`.
 *
 * @throws {AuthorityError} with the code of the first thing that is wrong.
 */
export function readTokenDemand({ version, form, authorization }: TokenMessage): TokenDemand {
  if (requiredField(form, 'grant_type') !== CLIENT_CREDENTIALS) throw new AuthorityError('grant_unsupported')
  const basic = readBasicAuthorization(authorization)
  const clientId = readClientId(form, basic)
  const audience = version === 'v1' ? readResource(form) : readScope(form)
  const credential = readCredential(form, basic)
  // Every client id is a GUID, so no client has another one.
  if (clientId === undefined) throw new AuthorityError('client_id_malformed')
  return { clientId, audience, credential }
}

/** Named in two places, it must be the same. */
function readClientId(form: TokenForm, basic: BasicCredentials | undefined): string | undefined {
  if (!basic) return readGuid(requiredField(form, 'client_id'))
  if (form.client_id && form.client_id !== basic.clientId) throw new AuthorityError('credentials_several')
  return readGuid(basic.clientId)
}

function readScope(form: TokenForm): string {
  const audience = audienceOfScope(requiredField(form, 'scope'))
  if (audience === undefined || !isAudience(audience)) throw new AuthorityError('scope_malformed')
  return audience
}

function readResource(form: TokenForm): string {
  const audience = requiredField(form, 'resource')
  if (!isAudience(audience)) throw new AuthorityError('resource_malformed')
  if (resourceOfScope(audience) !== undefined) throw new AuthorityError('resource_is_scope')
  return audience
}

function isAudience(value: string): boolean {
  return value.trim() !== '' && value.length <= RESOURCE_MAX_CHARACTERS && !hasControlCharacters(value)
}
