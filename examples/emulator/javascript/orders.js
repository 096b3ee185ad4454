/** An application that asks for a token, and tries again when it is asked to wait. */

import { ManagedIdentityCredential } from '@azure/identity'

const maxRetries = Number(process.env.MAX_RETRIES ?? 3)

export async function listOrders(fetchOrders) {
  const credential = new ManagedIdentityCredential({ retryOptions: { maxRetries } })
  const { token } = await credential.getToken('api://orders/.default')
  return await fetchOrders(token)
}
