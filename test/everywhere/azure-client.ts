/**
 * Gets a token with Azure's SDK, as any program on a server of Azure Arc does, and prints one JSON line that tells whose it is, or
 * the error.
 *
 * @module
 */

import { ManagedIdentityCredential } from '@azure/identity'
import { decodeJwt } from 'jose'
import { endProcess, writeOutput } from '../../packages/cli/src/output.ts'

writeOutput('stdout', `${JSON.stringify(await getToken())}\n`)
await endProcess(0)

async function getToken(): Promise<object> {
  try {
    const { token } = await new ManagedIdentityCredential().getToken('https://vault.azure.net/.default')
    const { appid, aud, tid } = decodeJwt(token)
    return { appid, aud, tid }
  } catch (error) {
    return { error: String(error) }
  }
}
