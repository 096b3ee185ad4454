/**
 * Gets a token for the audience in the only argument with Microsoft's client, as any application in a container does, and
 * prints its claims, or the error, as one JSON line.
 *
 * @module
 */

import { DefaultAzureCredential } from '@azure/identity'

try {
  const credential = new DefaultAzureCredential({ disableInstanceDiscovery: true })
  const { token } = await credential.getToken(`${process.argv[2]}/.default`)
  const { aud, oid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  process.stdout.write(`${JSON.stringify({ aud, oid })}\n`)
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`)
}
