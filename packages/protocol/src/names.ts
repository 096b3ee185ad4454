/**
 * The names on the wire: headers, query parameters and environment variables, each spelled once.
 *
 * @module
 */

/** Headers as they are spelled when sent. Readers compare without regard to case. */
export const HEADER = {
  authorization: 'Authorization',
  /** Spelled as the documented shell sample greps it, which is case-sensitive. */
  challenge: 'Www-Authenticate',
  identity: 'X-IDENTITY-HEADER',
  metadata: 'Metadata',
  retryAfter: 'Retry-After',
} as const

/** Headers that only a proxy adds; a request that carries one did not come from this host's own program. */
export const PROXY_HEADERS = ['forwarded', 'via'] as const

/** Every header that begins so is a proxy's as well. */
export const PROXY_HEADER_PREFIX = 'x-forwarded-'

/**
 * Query parameters of a token request and of a request for a document about the machine. Selectors have their own
 * table in `selector.ts`.
 */
export const PARAMETER = {
  apiVersion: 'api-version',
  format: 'format',
  nonce: 'nonce',
  resource: 'resource',
} as const

/** Environment variables by which an application finds its identity endpoint. */
export const VARIABLE = {
  identityEndpoint: 'IDENTITY_ENDPOINT',
  identityHeader: 'IDENTITY_HEADER',
  imdsEndpoint: 'IMDS_ENDPOINT',
} as const
