/**
 * The claims of an access token: in the v1 shape that Entra gives managed identities, or in the v2 shape for
 * audiences that were set to it.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 * @module
 */

import {
  type AccessTokenClaims,
  BACKDATED_SECONDS,
  type ClientProofClaim,
  type Identity,
} from '@landfast/protocol'
import { type AuthorityNames, type EndpointVersion, issuerOf } from './endpoints.ts'

/** Three values that mean something to the authority alone. */
export interface OpaqueValues {
  aio: string
  rh: string
  uti: string
}

/** What a token says. */
export interface TokenContent {
  version: EndpointVersion
  /** Whether it is presented where a client proves itself: some of these take none that was made minutes ago. */
  isAssertion: boolean
  names: AuthorityNames
  identity: Identity
  method: ClientProofClaim
  audience: string
  roles: readonly string[]
  nowSeconds: number
  lifetimeSeconds: number
  opaque: OpaqueValues
}

/** The claims of a token. It is good from before `nowSeconds`, since some services allow no skew of clocks, and ends counted from it. */
export function accessTokenClaims(content: TokenContent): AccessTokenClaims {
  const { version, names, identity, method, nowSeconds } = content
  const iss = issuerOf(names, version)
  const common = {
    aud: content.audience,
    iss,
    iat: content.isAssertion ? nowSeconds : nowSeconds - BACKDATED_SECONDS,
    nbf: nowSeconds - BACKDATED_SECONDS,
    exp: nowSeconds + content.lifetimeSeconds,
    ...content.opaque,
    jti: content.opaque.uti,
    idtyp: 'app',
    oid: identity.principalId,
    sub: identity.principalId,
    tid: identity.tenantId,
    // Verifiers take an empty list for a mistake.
    ...(content.roles.length > 0 && { roles: content.roles }),
    ...(identity.resourceId !== '' && { xms_mirid: identity.resourceId }),
  } as const
  return version === 'v1'
    ? { ...common, appid: identity.clientId, appidacr: method, idp: iss, ver: '1.0' }
    : { ...common, azp: identity.clientId, azpacr: method, ver: '2.0' }
}
