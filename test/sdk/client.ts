/**
 * Asks for tokens with the official SDKs, as a program that `landfast run` has started, and prints one JSON line
 * for each case: `{ client, requests, tokens }` or `{ client, error }`.
 *
 * The SDKs keep what they found for as long as their process lives, so one process has one case.
 *
 * Usage: node client.ts CLIENT [resource | client id]
 *
 * @module
 */

import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity'
import { ManagedIdentityApplication } from '@azure/msal-node'
import { startCountingRelay } from './counting-relay.ts'

const RESOURCE = 'https://storage.azure.com'
const CALLS = 10

/** Gets one access token. */
type GetToken = () => Promise<string>

const CLIENTS: Record<string, (clientId: string | undefined) => GetToken> = {
  ManagedIdentityCredential: (clientId) => {
    const credential = new ManagedIdentityCredential(clientId ? { clientId } : {})
    return async () => (await credential.getToken(`${RESOURCE}/.default`)).token
  },
  DefaultAzureCredential: (clientId) => {
    const credential = new DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {})
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
const relay = await startCountingRelay(process.env.IDENTITY_ENDPOINT ?? '')
process.env.IDENTITY_ENDPOINT = relay.url
print(await tryClient())
relay.close()
process.exit()

async function tryClient(): Promise<object> {
  try {
    const getToken = CLIENTS[client]?.(clientId)
    if (!getToken) throw new Error(`there is no client "${client}"`)
    const tokens = new Set<string>()
    for (let call = 0; call < CALLS; call++) tokens.add(await getToken())
    return { client, requests: relay.requests, tokens: tokens.size, claims: claimsOf([...tokens][0]) }
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
