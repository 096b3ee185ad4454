/**
 * The document that MSAL reads before it trusts the host of an authority: the host's names, and where the tenant's
 * discovery document is. There is one instance here, so it is always this one.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
 * @module
 */

import { type AuthorityNames, endpointUrl } from './endpoints.ts'

/** The path, the same for every tenant. */
export const INSTANCE_DISCOVERY_PATH = '/common/discovery/instance'

/** Names that clients write in the place of the tenant while they do not know it yet. */
export const TENANT_PLACEHOLDERS: readonly string[] = ['common', 'organizations']

/** The answer. */
export function instanceDocument(names: AuthorityNames) {
  const { host } = new URL(names.origin)
  return {
    'api-version': '1.1',
    tenant_discovery_endpoint: endpointUrl(names, 'v2', 'configuration'),
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  }
}
