/**
 * What a client reads before it signs in: the endpoints of the cloud that it speaks to, which here are all ours.
 *
 * @see https://learn.microsoft.com/azure-stack/user/azure-stack-rest-api-use
 * @module
 */

import type { OpenRoute } from '../arm/arm-route.ts'
import type { AuthorityNames } from '../authority/endpoints.ts'

/** What az, PowerShell, Terraform and the libraries of Go and PHP send. The form changed twice. */
const VERSIONS = [
  '1.0',
  '2015-01-01',
  '2018-01-01',
  '2018-05-01',
  '2019-05-01',
  '2019-10-01',
  '2020-01-01',
  '2020-06-01',
  '2020-09-01',
  '2022-09-01',
  '2023-11-01',
] as const

/** From this version on the answer is a list of clouds. */
const FIRST_LIST = '2019-05-01'

/** From this version on it is the one cloud that was asked. */
const FIRST_SINGLE = '2022-09-01'

/** The cloud's name, by which clients keep it. */
const CLOUD_NAME = 'Landfast'

/** The first one is what az asks tokens for. */
const AUDIENCES = ['https://management.azure.com/', 'https://management.core.windows.net/'] as const

/**
 * Services that are not here. Terraform does not start without suffixes of their hosts; a name under "invalid" exists
 * nowhere, so that no client takes a token of ours to a stranger.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6761#section-6.4
 */
const SUFFIXES = {
  acrLoginServer: 'azurecr.landfast.invalid',
  attestationEndpoint: 'attest.landfast.invalid',
  azureDataLakeStoreFileSystem: 'azuredatalakestore.landfast.invalid',
  azureFrontDoorEndpointSuffix: 'azurefd.landfast.invalid',
  keyVaultDns: 'vault.landfast.invalid',
  mariadbServerEndpoint: 'mariadb.landfast.invalid',
  mhsmDns: 'managedhsm.landfast.invalid',
  mysqlServerEndpoint: 'mysql.landfast.invalid',
  postgresqlServerEndpoint: 'postgres.landfast.invalid',
  sqlServerHostname: 'database.landfast.invalid',
  storage: 'core.landfast.invalid',
  storageSyncEndpointSuffix: 'afs.landfast.invalid',
  synapseAnalytics: 'dev.landfast.invalid',
} as const

/** Names of services that tokens are asked for, the same as in Azure. */
const RESOURCE_IDS = {
  activeDirectoryDataLake: 'https://datalake.azure.net/',
  appInsightsResourceId: 'https://api.applicationinsights.io',
  attestationResourceId: 'https://attest.azure.net',
  batch: 'https://batch.core.windows.net/',
  logAnalyticsResourceId: 'https://api.loganalytics.io',
  media: 'https://rest.media.azure.net',
  ossrDbmsResourceId: 'https://ossrdbms-aad.database.windows.net',
  ossrdbmsResourceId: 'https://ossrdbms-aad.database.windows.net',
  synapseAnalyticsResourceId: 'https://dev.azuresynapse.net',
} as const

const CLOUD_SCHEMA = {
  type: 'object',
  required: ['authentication'],
  properties: {
    name: { type: 'string' },
    authentication: {
      type: 'object',
      required: ['loginEndpoint', 'audiences'],
      properties: {
        loginEndpoint: { type: 'string' },
        audiences: { type: 'array', items: { type: 'string' } },
      },
    },
  },
} as const

/** The route. Everybody may read it: it says no more than the discovery documents do. */
export function cloudMetadataRoute(names: AuthorityNames): OpenRoute {
  return {
    open: true,
    method: 'GET',
    path: '/metadata/endpoints',
    summary: 'Gets the endpoints of this cloud, by which az, Terraform and others know where to sign in.',
    versions: VERSIONS,
    answers: {
      200: {
        description: 'The cloud; with the versions from 2019-05-01 to 2020-09-01 a list with it.',
        oneOf: [CLOUD_SCHEMA, { type: 'array', items: CLOUD_SCHEMA }],
      },
    },
    handle: async ({ apiVersion }) => ({ body: bodyFor(apiVersion, names) }),
  }
}

function bodyFor(version: string, names: AuthorityNames): object {
  if (version < FIRST_LIST) return oldCloud(names)
  return version < FIRST_SINGLE ? [cloud(names)] : cloud(names)
}

function cloud(names: AuthorityNames): object {
  const { origin } = names
  return {
    name: CLOUD_NAME,
    portal: origin,
    resourceManager: `${origin}/`,
    graph: `${origin}/`,
    graphAudience: `${origin}/`,
    microsoftGraphResourceId: `${origin}/`,
    authentication: authenticationOf(names),
    suffixes: SUFFIXES,
    ...RESOURCE_IDS,
  }
}

/** Without the locations that Azure says here: whoever reads them refuses all others, and here every name is one. */
function oldCloud(names: AuthorityNames): object {
  const { origin } = names
  return {
    galleryEndpoint: `${origin}/`,
    graphEndpoint: `${origin}/`,
    portalEndpoint: `${origin}/`,
    graphAudience: `${origin}/`,
    authentication: authenticationOf(names),
  }
}

function authenticationOf({ origin, tenantId }: AuthorityNames) {
  return { loginEndpoint: origin, audiences: AUDIENCES, tenant: tenantId, identityProvider: 'AAD' }
}
