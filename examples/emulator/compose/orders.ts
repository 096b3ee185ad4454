/**
 * Asks for a token as any program on Azure would, and says whose it is.
 */

import { DefaultAzureCredential } from '@azure/identity'

const { token } = await new DefaultAzureCredential().getToken('api://orders/.default')
const { aud, oid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
process.stdout.write(`a token for ${aud}, of ${oid}\n`)
