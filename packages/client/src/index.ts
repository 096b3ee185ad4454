/**
 * One import that finds a program's Azure identity anywhere and gets its tokens.
 *
 * @module
 */

export type { AbortSignalLike, AccessToken, GetTokenOptions } from './access-token.ts'
export type { SourceName } from './chain.ts'
export type { DefaultCredentialOptions, ManagedIdentityCredentialOptions } from './credential-options.ts'
export { DefaultCredential, ManagedIdentityCredential } from './credentials.ts'
export { ClientError, type ClientErrorCode } from './errors.ts'
export { type ExplainOptions, explain } from './explain.ts'
export { getToken } from './get-token.ts'
export { type RawAnswer, type RawRequest, readChallenge, readKeyFile, requestToken } from './raw.ts'
export { askEndpoint, describeRequest, type EndpointAnswer, type EndpointQuestion } from './raw-request.ts'
export type { EndpointRequest } from './sources/managed-endpoint.ts'
