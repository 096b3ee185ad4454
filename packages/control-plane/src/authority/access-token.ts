/**
 * The claims of an access token, in the v1 shape that Entra gives managed identities.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 * @module
 */

import type { AccessTokenClaims, Identity } from '@landfast/protocol'

/** Three values that mean something to the authority alone. */
export interface OpaqueValues {
  aio: string
  rh: string
  uti: string
}

/**
 * The claims for `identity`. Times begin at `nowSeconds`, never later: some services allow no skew of clocks.
 */
export function accessTokenClaims(options: {
  identity: Identity
  issuer: string
  resource: string
  nowSeconds: number
  lifetimeSeconds: number
  opaque: OpaqueValues
}): AccessTokenClaims {
  const { identity, issuer, resource, nowSeconds, lifetimeSeconds, opaque } = options
  return {
    aud: resource,
    iss: issuer,
    iat: nowSeconds,
    nbf: nowSeconds,
    exp: nowSeconds + lifetimeSeconds,
    aio: opaque.aio,
    appid: identity.clientId,
    appidacr: '2',
    idp: issuer,
    idtyp: 'app',
    oid: identity.principalId,
    rh: opaque.rh,
    sub: identity.principalId,
    tid: identity.tenantId,
    uti: opaque.uti,
    ver: '1.0',
    xms_mirid: identity.resourceId,
  }
}
