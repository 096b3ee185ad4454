/**
 * The answer that carries a token, in the form of each version of Entra's endpoint.
 *
 * @module
 */

import { BACKDATED_SECONDS } from '@landfast/protocol'
import type { EndpointVersion } from './endpoints.ts'

/** A token that was just issued. */
export interface IssuedToken {
  accessToken: string
  audience: string
  /** Whole seconds since 1970. */
  issuedAt: number
  lifetimeSeconds: number
  /** The key that signed it. */
  kid: string
}

/** The body of a 200: numbers at the v2 endpoint, strings at the v1 endpoint. */
export type AuthorityTokenAnswer = Record<string, string | number>

/** The body for `token`. */
export function formatTokenGrant(version: EndpointVersion, token: IssuedToken): AuthorityTokenAnswer {
  return version === 'v1' ? v1Answer(token) : v2Answer(token)
}

function v1Answer({ accessToken, audience, issuedAt, lifetimeSeconds }: IssuedToken): AuthorityTokenAnswer {
  return {
    token_type: 'Bearer',
    expires_in: String(lifetimeSeconds),
    ext_expires_in: String(lifetimeSeconds),
    expires_on: String(issuedAt + lifetimeSeconds),
    not_before: String(issuedAt - BACKDATED_SECONDS),
    resource: audience,
    access_token: accessToken,
  }
}

function v2Answer({ accessToken, lifetimeSeconds }: IssuedToken): AuthorityTokenAnswer {
  return {
    token_type: 'Bearer',
    expires_in: lifetimeSeconds,
    ext_expires_in: lifetimeSeconds,
    access_token: accessToken,
  }
}
