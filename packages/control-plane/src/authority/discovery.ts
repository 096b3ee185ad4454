/**
 * The discovery documents.
 *
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-2
 * @module
 */

import { CLIENT_CREDENTIALS } from '@landfast/protocol'
import { JWT_ALGORITHMS } from '@landfast/server'
import { type AuthorityNames, type EndpointVersion, endpointUrl, issuerOf } from './endpoints.ts'

/** The document of one version; each states its own issuer. */
export function discoveryDocument(names: AuthorityNames, version: EndpointVersion) {
  return {
    issuer: issuerOf(names, version),
    authorization_endpoint: endpointUrl(names, version, 'authorize'),
    token_endpoint: endpointUrl(names, version, 'token'),
    jwks_uri: endpointUrl(names, version, 'keys'),
    grant_types_supported: [CLIENT_CREDENTIALS],
    response_types_supported: ['token'],
    response_modes_supported: ['query'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_post', 'client_secret_basic'],
    token_endpoint_auth_signing_alg_values_supported: [...JWT_ALGORITHMS],
    scopes_supported: ['.default'],
    claims_supported: [
      'aud',
      'iss',
      'iat',
      'nbf',
      'exp',
      'jti',
      'appid',
      'idp',
      'oid',
      'sub',
      'tid',
      'xms_mirid',
    ],
  }
}
