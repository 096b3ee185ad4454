/**
 * Azure Pipelines: the token of a service connection, exchanged at the authority.
 *
 * @see https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
 * @module
 */

import { WORKLOAD_VARIABLE } from '@landfast/protocol'
import { readAuthorityClient } from '../authority/authority.ts'
import { readEndpointUrl } from '../http/endpoint-url.ts'
import type { SourceKind } from '../source.ts'
import { authoritySource } from './authority-source.ts'
import { requestFederatedToken } from './federated-token.ts'

const URL_VARIABLE = 'SYSTEM_OIDCREQUESTURI'
const TOKEN_VARIABLE = 'SYSTEM_ACCESSTOKEN'
/** The tasks that know a service connection set these. */
const CONNECTION_VARIABLE = 'AZURESUBSCRIPTION_SERVICE_CONNECTION_ID'
const CLIENT_VARIABLE = 'AZURESUBSCRIPTION_CLIENT_ID'
const TENANT_VARIABLE = 'AZURESUBSCRIPTION_TENANT_ID'
const API_VERSION = '7.1'

/** The source of a job with a service connection. */
export const azurePipelines: SourceKind<'azure-pipelines'> = {
  name: 'azure-pipelines',
  managed: false,
  find(surroundings, wanted) {
    const { env } = surroundings
    const missing = [URL_VARIABLE, TOKEN_VARIABLE, CONNECTION_VARIABLE].filter((name) => !env[name])
    if (missing.length > 0) return `${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} not set`
    const client = readAuthorityClient(surroundings, wanted, {
      clientId: env[CLIENT_VARIABLE] || (wanted.clientId ?? env[WORKLOAD_VARIABLE.clientId]),
      tenantId: env[TENANT_VARIABLE] || (wanted.tenantId ?? env[WORKLOAD_VARIABLE.tenantId]),
    })
    if (typeof client === 'string') return client
    const url = readEndpointUrl(URL_VARIABLE, env[URL_VARIABLE] ?? '', ['https'])
    url.searchParams.set('api-version', API_VERSION)
    url.searchParams.set('serviceConnectionId', env[CONNECTION_VARIABLE] ?? '')
    // The last asks for a status in place of a page to log in.
    const headers = { 'Content-Type': 'application/json', 'X-TFS-FedAuthRedirect': 'Suppress' }
    const bearer = env[TOKEN_VARIABLE] ?? ''
    const prove = async () => ({
      assertion: await requestFederatedToken(
        { method: 'POST', url, headers, bearer, field: 'oidcToken' },
        surroundings,
      ),
    })
    return authoritySource(client, prove, surroundings, URL_VARIABLE)
  },
}
