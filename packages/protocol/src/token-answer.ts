/**
 * The answer that carries a token, in the one form that every official client accepts: strings only.
 *
 * @see docs/protocol.md#the-answer
 * @module
 */

import type { Selector } from './selector.ts'
import type { TokenRequest } from './token-request.ts'

/** A token and its life as the agent holds it. */
export interface ServedToken {
  accessToken: string
  /** Whole seconds that are left now. */
  expiresInSeconds: number
  /** Whole seconds since 1970 by the clock of this machine. */
  expiresOn: number
  /** Whole seconds since 1970. */
  notBefore: number
}

/** The body of a 200. `expires_on` comes after `expires_in`: one client keeps whichever it reads last. */
export type TokenAnswer = {
  access_token: string
  expires_in: string
  expires_on: string
  ext_expires_in: string
  not_before: string
  resource: string
  token_type: 'Bearer'
} & Partial<Record<Selector['name'], string>>

/** Echoes `resource` and the selector as asked; no selector appears that was not asked. */
export function formatTokenAnswer(
  request: Pick<TokenRequest, 'resource' | 'selector'>,
  token: ServedToken,
): TokenAnswer {
  const expiresIn = String(token.expiresInSeconds)
  return {
    access_token: token.accessToken,
    ...(request.selector && { [request.selector.name]: request.selector.value }),
    expires_in: expiresIn,
    expires_on: String(token.expiresOn),
    ext_expires_in: expiresIn,
    not_before: String(token.notBefore),
    resource: request.resource,
    token_type: 'Bearer',
  }
}
