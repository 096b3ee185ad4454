/**
 * The request by which a machine gets a token from its authority: OAuth 2.0 client credentials with a
 * signed assertion. The same bytes serve a Landfast control plane and Microsoft Entra ID.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 * @module
 */

import { ASSERTION_LIFETIME_SECONDS, BACKDATED_SECONDS } from './limits.ts'
import { hasControlCharacters } from './query.ts'

/** `grant_type` of the request. */
export const CLIENT_CREDENTIALS = 'client_credentials'

/** `client_assertion_type` of the request. */
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** @see https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims */
const OPENID_SCOPES: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access'])

/** The suffix by which a v2 scope asks for all that the client may have of an audience. */
export const DEFAULT_SCOPE_SUFFIX = '/.default'

/** The end of a scope, in any spelling in which a service would still read it so. */
const SCOPE_END = /(?:^|\/)\.default\/*$/i

/** A value that was encoded more often than once is decoded no further than this. */
const DECODINGS_MAX = 3

/** The claims of an assertion. Times are whole seconds since 1970. */
export interface AssertionClaims {
  aud: string
  iss: string
  sub: string
  jti: string
  iat: number
  nbf: number
  exp: number
}

/**
 * Claims for one request to `tokenEndpoint`; `jti` must never be used again. It may be used a little earlier than it was
 * made, for clocks that differ, but says truly when that was: Keycloak takes none that was made more than a minute ago.
 */
export function assertionClaims(options: {
  tokenEndpoint: string
  clientId: string
  jti: string
  nowSeconds: number
}): AssertionClaims {
  const { tokenEndpoint, clientId, jti, nowSeconds } = options
  return {
    aud: tokenEndpoint,
    iss: clientId,
    sub: clientId,
    jti,
    iat: nowSeconds,
    nbf: nowSeconds - BACKDATED_SECONDS,
    exp: nowSeconds + ASSERTION_LIFETIME_SECONDS,
  }
}

/** The form fields of the v2 request for a token for `audience`. */
export function clientCredentialsForm(options: {
  clientId: string
  audience: string
  assertion: string
}): Record<string, string> {
  return {
    client_id: options.clientId,
    client_assertion: options.assertion,
    client_assertion_type: JWT_BEARER,
    grant_type: CLIENT_CREDENTIALS,
    scope: options.audience + DEFAULT_SCOPE_SUFFIX,
  }
}

/**
 * The audience that a v2 scope of client credentials names; undefined if it names not exactly one `…/.default`. What
 * MSAL for Go adds of OpenID Connect, which a client without a user has no use for, is passed over.
 */
export function audienceOfScope(scope: string): string | undefined {
  const [named, ...more] = scope.split(' ').filter((part) => !OPENID_SCOPES.has(part))
  if (named === undefined || more.length > 0 || !named.endsWith(DEFAULT_SCOPE_SUFFIX)) return undefined
  if (/\s/.test(named) || hasControlCharacters(named)) return undefined
  const audience = named.slice(0, -DEFAULT_SCOPE_SUFFIX.length)
  return resourceOfScope(audience) === undefined ? audience || undefined : undefined
}

/**
 * The resource that `text` should name, if it is a scope `…/.default` in the place of a resource: Azure knows no resource
 * of such a name, and a token for it is good nowhere. Undefined if it is none.
 */
export function resourceOfScope(text: string): string | undefined {
  const plain = fullyDecoded(text)
  return SCOPE_END.test(plain) ? plain.replace(SCOPE_END, '') : undefined
}

/** `text` as it is once nothing in it is percent-encoded any more, as far as it can be decoded. */
export function fullyDecoded(text: string): string {
  let plain = text
  for (let left = DECODINGS_MAX; left > 0 && plain.includes('%'); left -= 1) {
    try {
      plain = decodeURIComponent(plain)
    } catch {
      return plain
    }
  }
  return plain
}

/** The claims of an access token in one of Entra's two shapes. Times are whole seconds since 1970. */
export type AccessTokenClaims = AccessTokenClaimsV1 | AccessTokenClaimsV2

interface CommonClaims {
  aud: string
  iss: string
  iat: number
  nbf: number
  exp: number
  aio: string
  idtyp: 'app'
  /** The same as `uti`, by the name that RFC 7519 has for it: some verifiers of client assertions insist on it. */
  jti: string
  oid: string
  rh: string
  /** What the audience lets the client do, if it was given roles. */
  roles?: readonly string[]
  sub: string
  tid: string
  uti: string
  /** The ARM id of the resource that the identity belongs to; an application has none. */
  xms_mirid?: string
}

/** The older shape, which managed identities get. */
export interface AccessTokenClaimsV1 extends CommonClaims {
  appid: string
  appidacr: ClientProofClaim
  idp: string
  ver: '1.0'
}

/** The shape for audiences that ask for it. */
export interface AccessTokenClaimsV2 extends CommonClaims {
  azp: string
  azpacr: ClientProofClaim
  ver: '2.0'
}

/** How the client proved itself: "1" by a secret, "2" by a key or by a token of another issuer. */
export type ClientProofClaim = '1' | '2'
