/**
 * GitHub Actions: the job's own token, exchanged at the authority.
 *
 * @see https://docs.github.com/actions/reference/security/oidc
 * @module
 */

import { FEDERATED_AUDIENCE, WORKLOAD_VARIABLE } from '@landfast/protocol'
import { readAuthorityClient } from '../authority/authority.ts'
import { readEndpointUrl } from '../http/endpoint-url.ts'
import type { SourceKind } from '../source.ts'
import { authoritySource } from './authority-source.ts'
import { requestFederatedToken } from './federated-token.ts'

const URL_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_URL'
const TOKEN_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'

/** The source of a job with the permission `id-token: write`. */
export const githubActions: SourceKind<'github-actions'> = {
  name: 'github-actions',
  managed: false,
  find(surroundings, wanted) {
    const { env } = surroundings
    const [address, bearer] = [env[URL_VARIABLE], env[TOKEN_VARIABLE]]
    if (!address || !bearer) {
      const job = env.GITHUB_ACTIONS ? ' (give the job "permissions: id-token: write")' : ''
      return `${URL_VARIABLE} and ${TOKEN_VARIABLE} are not both set${job}`
    }
    const client = readAuthorityClient(surroundings, wanted, {
      clientId: wanted.clientId ?? env[WORKLOAD_VARIABLE.clientId],
      tenantId: wanted.tenantId ?? env[WORKLOAD_VARIABLE.tenantId],
    })
    if (typeof client === 'string') return client
    const url = readEndpointUrl(URL_VARIABLE, address, ['https'])
    if (!url.searchParams.has('audience')) url.searchParams.set('audience', FEDERATED_AUDIENCE)
    const prove = async () => ({
      assertion: await requestFederatedToken(
        { method: 'GET', url, headers: {}, bearer, field: 'value' },
        surroundings,
      ),
    })
    return authoritySource(client, prove, surroundings, URL_VARIABLE)
  },
}
