/**
 * The credential that a client presents: a secret, or an assertion of which nothing is verified yet.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3
 * @see https://www.rfc-editor.org/rfc/rfc7521#section-4.2
 * @module
 */

import { JWT_BEARER } from '@landfast/protocol'
import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from 'jose'
import { AuthorityError } from './authority-error.ts'
import type { BasicCredentials } from './basic-authorization.ts'
import { requiredField, type TokenForm } from './token-form.ts'

/** One credential; of two, the request would not say which one proves it. */
export type PresentedCredential = PresentedSecret | PresentedAssertion

/** A secret, in the form or in the header `Authorization`. */
export interface PresentedSecret {
  kind: 'secret'
  secret: string
}

/** A signed JWT. Its sender wrote `header` and `claims`: they only say what to verify it with. */
export interface PresentedAssertion {
  kind: 'assertion'
  jws: string
  header: ProtectedHeaderParameters
  claims: Readonly<JWTPayload>
}

/**
 * Reads the credential out of the form or the header.
 *
 * @throws {AuthorityError} `credential_missing`, `credentials_several`, `parameter_missing` or `assertion_malformed`.
 */
export function readCredential(form: TokenForm, basic: BasicCredentials | undefined): PresentedCredential {
  const { client_secret: secret = basic?.secret, client_assertion: assertion } = form
  if (Number(Boolean(basic)) + Number(Boolean(form.client_secret)) + Number(Boolean(assertion)) > 1) {
    throw new AuthorityError('credentials_several')
  }
  if (assertion) {
    if (requiredField(form, 'client_assertion_type') !== JWT_BEARER)
      throw new AuthorityError('assertion_malformed')
    return readAssertion(assertion)
  }
  if (!secret) throw new AuthorityError('credential_missing')
  return { kind: 'secret', secret }
}

/**
 * Reads what `jws` says of itself.
 *
 * @throws {AuthorityError} `assertion_malformed`.
 */
export function readAssertion(jws: string): PresentedAssertion {
  try {
    return { kind: 'assertion', jws, header: decodeProtectedHeader(jws), claims: decodeJwt(jws) }
  } catch (cause) {
    throw new AuthorityError('assertion_malformed', { cause })
  }
}
