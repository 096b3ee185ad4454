/**
 * An application with three unmodified official clients. Prints what each got: the audience of its token,
 * or its error.
 *
 * @module
 */

import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity'
import { ManagedIdentityApplication } from '@azure/msal-node'

const RESOURCE = 'https://vault.azure.net'

const clients = {
  managed: () => new ManagedIdentityCredential().getToken(`${RESOURCE}/.default`),
  default: () => new DefaultAzureCredential().getToken(`${RESOURCE}/.default`),
  msal: async () => {
    const { accessToken } = await new ManagedIdentityApplication({}).acquireToken({ resource: RESOURCE })
    return { token: accessToken }
  },
}

const results: Record<string, string> = {}
for (const [name, getToken] of Object.entries(clients)) {
  try {
    const { token } = await getToken()
    results[name] = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).aud
  } catch (error) {
    results[name] = String(error)
  }
}
process.stdout.write(JSON.stringify(results))
