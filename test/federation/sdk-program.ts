/**
 * A workload with unmodified official clients that prove it by a token of its own issuer. Prints what each got: the
 * object id and audience in its token, or its error.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import {
  ClientAssertionCredential,
  DefaultAzureCredential,
  WorkloadIdentityCredential,
} from '@azure/identity'
import { ConfidentialClientApplication } from '@azure/msal-node'

const SCOPE = 'https://vault.azure.net/.default'

const {
  AZURE_TENANT_ID: tenantId = '',
  AZURE_CLIENT_ID: clientId = '',
  AZURE_AUTHORITY_HOST: authorityHost = '',
  AZURE_FEDERATED_TOKEN_FILE: tokenFile = '',
} = process.env
const offline = { disableInstanceDiscovery: true }
const readToken = () => readFile(tokenFile, 'utf8')

const clients = {
  // As the webhook of Azure Workload Identity sets up a pod: by the variables alone.
  default: () => new DefaultAzureCredential(offline).getToken(SCOPE),
  workload: () => new WorkloadIdentityCredential(offline).getToken(SCOPE),
  assertion: () =>
    new ClientAssertionCredential(tenantId, clientId, readToken, { authorityHost, ...offline }).getToken(
      SCOPE,
    ),
  msal: async () => {
    const auth = {
      clientId,
      clientAssertion: readToken,
      authority: `${authorityHost}/${tenantId}`,
      knownAuthorities: [new URL(authorityHost).host],
    }
    const answer = await new ConfidentialClientApplication({ auth }).acquireTokenByClientCredential({
      scopes: [SCOPE],
    })
    return { token: answer?.accessToken ?? '' }
  },
}

const results: Record<string, unknown> = {}
for (const [name, getToken] of Object.entries(clients)) {
  try {
    const { token } = await getToken()
    const { oid, aud } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    results[name] = { oid, aud }
  } catch (error) {
    results[name] = String(error)
  }
}
process.stdout.write(JSON.stringify(results))
