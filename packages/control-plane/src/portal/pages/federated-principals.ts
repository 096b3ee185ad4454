/**
 * The two kinds of principals that may have federated credentials, as the API has them: identities at Azure’s paths, applications
 * at Landfast’s.
 *
 * @module
 */

import { IDENTITY_PATH, resourcePath, versioned } from '../inner/resource-paths.ts'
import type { PageRoute } from '../page.ts'
import { applicationApiPath, applicationPath } from './applications.ts'
import { type FederatedKind, federationPages } from './federated-credentials.ts'
import { orMissing, soughtApplication, soughtIdentity } from './find/missing.ts'

const IDENTITIES: FederatedKind = {
  noun: 'identity',
  section: 'identities',
  pattern: IDENTITY_PATH,
  pathOf: (params) => resourcePath(IDENTITY_PATH, params),
  read: async (api, params) => {
    const path = versioned(resourcePath(IDENTITY_PATH, params), 'identities')
    const { name, properties } = await orMissing(api, soughtIdentity(params), api.get(path))
    return { name, clientId: properties.clientId, tenantId: properties.tenantId }
  },
  write: (api, params, { name, trust: { issuer, subject, audience } }) => {
    const properties = { issuer, subject, audiences: [audience] }
    return api.send('PUT', identityCredential(params, name), { body: { properties }, isNew: true })
  },
  remove: (api, params, name) => api.send('DELETE', identityCredential(params, name)),
}

function identityCredential(params: Readonly<Record<string, string>>, name: string): string {
  const path = resourcePath(IDENTITY_PATH, params)
  return versioned(`${path}/federatedIdentityCredentials/${encodeURIComponent(name)}`, 'federatedCredentials')
}

const APPLICATIONS: FederatedKind = {
  noun: 'application',
  section: 'applications',
  pattern: '/applications/{principalId}',
  pathOf: applicationPath,
  read: async (api, params) => {
    const found = api.get(applicationApiPath(params))
    const { displayName: name, clientId, tenantId } = await orMissing(api, soughtApplication(params), found)
    return { name, clientId, tenantId }
  },
  write: (api, params, { name, trust: { issuer, subject, audience } }) => {
    const body = { issuer, subject, audiences: [audience] }
    return api.send('PUT', applicationCredential(params, name), { body, isNew: true })
  },
  remove: (api, params, name) => api.send('DELETE', applicationCredential(params, name)),
}

function applicationCredential(params: Readonly<Record<string, string>>, name: string): string {
  return `${applicationApiPath(params)}/federated-credentials/${encodeURIComponent(name)}`
}

/** The pages and actions of both. */
export const FEDERATED_CREDENTIALS: readonly PageRoute[] = [IDENTITIES, APPLICATIONS].flatMap(federationPages)
