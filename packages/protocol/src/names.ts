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
  /** Versions 1.14 and 1.15 of azure-identity for Java break over a 403 without it. */
  responseMessage: 'ResponseMessage',
  retryAfter: 'Retry-After',
  /** App Service's of old, which Azure ML and Service Fabric have kept. */
  secret: 'secret',
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
  /** What the authority reads in place of it, and an identity endpoint does not. */
  scope: 'scope',
  /** "true" asks for a token that no cache held. */
  bypassCache: 'bypass_cache',
  /** The SHA-256, in hexadecimal, of a token that is not to be answered again. */
  refusedTokenHash: 'token_sha256_to_refresh',
} as const

/** The audience of a federated token, unless the federated credential that trusts it names another. */
export const FEDERATED_AUDIENCE = 'api://AzureADTokenExchange'

/** Environment variables by which an application finds its identity endpoint. */
export const VARIABLE = {
  identityEndpoint: 'IDENTITY_ENDPOINT',
  identityHeader: 'IDENTITY_HEADER',
  /** The identity that a client of Azure ML asks for when its program names none. */
  defaultIdentityClientId: 'DEFAULT_IDENTITY_CLIENT_ID',
  identityServerThumbprint: 'IDENTITY_SERVER_THUMBPRINT',
  imdsEndpoint: 'IMDS_ENDPOINT',
  msiEndpoint: 'MSI_ENDPOINT',
  msiSecret: 'MSI_SECRET',
  siteName: 'APPSETTING_WEBSITE_SITE_NAME',
  podIdentityHost: 'AZURE_POD_IDENTITY_AUTHORITY_HOST',
} as const

/** Those by which a program of AWS's finds the endpoint of its credentials. */
export const AWS_VARIABLE = {
  credentialsUri: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  authorizationToken: 'AWS_CONTAINER_AUTHORIZATION_TOKEN',
} as const

/** Those by which it finds a federated token, and the authority that takes it. */
export const WORKLOAD_VARIABLE = {
  authorityHost: 'AZURE_AUTHORITY_HOST',
  clientId: 'AZURE_CLIENT_ID',
  federatedTokenFile: 'AZURE_FEDERATED_TOKEN_FILE',
  tenantId: 'AZURE_TENANT_ID',
} as const
