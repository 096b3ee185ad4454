/**
 * The URLs of the authority, both versions side by side. The URLs that it states begin with its own origin, never with
 * the Host header of a request.
 *
 * @module
 */

/** Entra's two generations of endpoints and tokens. Which tokens an audience gets does not depend on the endpoint. */
export type EndpointVersion = 'v1' | 'v2'

/** Both, for tables. */
export const ENDPOINT_VERSIONS: readonly EndpointVersion[] = ['v1', 'v2']

/** Paths below `/{tenant}`. Nothing is served at `authorize`: clients only insist that it is stated. */
export const ENDPOINT = {
  v1: {
    token: '/oauth2/token',
    authorize: '/oauth2/authorize',
    configuration: '/.well-known/openid-configuration',
    keys: '/discovery/keys',
  },
  v2: {
    token: '/oauth2/v2.0/token',
    authorize: '/oauth2/v2.0/authorize',
    configuration: '/v2.0/.well-known/openid-configuration',
    keys: '/discovery/v2.0/keys',
  },
} as const satisfies Record<EndpointVersion, Record<string, string>>

/** What the authority calls itself. */
export interface AuthorityNames {
  /** `https://HOST:PORT`, without a slash at the end. */
  origin: string
  tenantId: string
  /** `iss` of tokens of the v1 shape. */
  issuerV1: string
}

/** The issuer that the discovery document of `version` states, and `iss` of tokens of that version. */
export function issuerOf(names: AuthorityNames, version: EndpointVersion): string {
  return version === 'v1' ? names.issuerV1 : `${names.origin}/${names.tenantId}/v2.0`
}

/** The whole URL of one endpoint. */
export function endpointUrl(
  names: AuthorityNames,
  version: EndpointVersion,
  endpoint: keyof (typeof ENDPOINT)['v1'],
): string {
  return `${names.origin}/${names.tenantId}${ENDPOINT[version][endpoint]}`
}

/** What an assertion may be addressed to: clients name a token endpoint or an issuer, whichever they know. */
export function assertionAudiences(names: AuthorityNames): string[] {
  return ENDPOINT_VERSIONS.flatMap((version) => [
    endpointUrl(names, version, 'token'),
    issuerOf(names, version),
  ])
}
