/**
 * Asks for tokens with the official SDKs, as a program that `landfast run` has started, and prints one JSON line
 * for each case: `{ client, requests, tokens, claims }` or `{ client, error }`.
 *
 * The SDKs keep what they found for as long as their process lives, so one process has one case.
 *
 * Usage: node client.ts CLIENT [resource | client id]
 *
 * @module
 */

import {
  DefaultAzureCredential,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
} from '@azure/identity'
import { ManagedIdentityApplication } from '@azure/msal-node'
import { endProcess } from '../../packages/cli/src/output.ts'
import { startCountingRelay } from './counting-relay.ts'

const RESOURCE = 'https://storage.azure.com'
const CALLS = 10

/** The variables that may hold the address of the endpoint. */
const ENDPOINTS = ['IDENTITY_ENDPOINT', 'MSI_ENDPOINT', 'AZURE_POD_IDENTITY_AUTHORITY_HOST']

/** Gets one access token. */
type GetToken = () => Promise<string>

const CLIENTS: Record<string, (clientId: string | undefined) => GetToken> = {
  ManagedIdentityCredential: (clientId) => {
    const credential = new ManagedIdentityCredential(clientId ? { clientId } : {})
    return async () => (await credential.getToken(`${RESOURCE}/.default`)).token
  },
  DefaultAzureCredential: (clientId) => {
    // Who uses an authority of its own says so: otherwise Microsoft's is asked about it first.
    const options = { disableInstanceDiscovery: true }
    const credential = new DefaultAzureCredential(
      clientId ? { ...options, managedIdentityClientId: clientId } : options,
    )
    return async () => (await credential.getToken(`${RESOURCE}/.default`)).token
  },
  WorkloadIdentityCredential: () => {
    const credential = new WorkloadIdentityCredential({ disableInstanceDiscovery: true })
    return async () => (await credential.getToken(`${RESOURCE}/.default`)).token
  },
  ManagedIdentityApplication: (clientId) => {
    const application = new ManagedIdentityApplication(
      clientId ? { managedIdentityIdParams: { userAssignedClientId: clientId } } : {},
    )
    return async () => (await application.acquireToken({ resource: RESOURCE })).accessToken
  },
}

const [client = '', clientId] = process.argv.slice(2)
const relay = await relayEndpoint()
print(await tryClient())
relay?.close()
await endProcess(0)

/** What is encrypted cannot be counted; it is asked directly. */
async function relayEndpoint() {
  const name = ENDPOINTS.find((variable) => process.env[variable])
  const url = name && process.env[name]
  if (!url?.startsWith('http:')) return undefined
  const started = await startCountingRelay(url)
  process.env[name ?? ''] = started.url
  return started
}

async function tryClient(): Promise<object> {
  try {
    const getToken = CLIENTS[client]?.(clientId)
    if (!getToken) throw new Error(`there is no client "${client}"`)
    const tokens = new Set<string>()
    for (let call = 0; call < CALLS; call++) tokens.add(await getToken())
    return { client, requests: relay?.requests, tokens: tokens.size, claims: claimsOf([...tokens][0]) }
  } catch (error) {
    return { client, error: (error as Error).message }
  }
}

function claimsOf(token = ''): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
