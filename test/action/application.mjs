/** An application that asks for a token as any program on Azure would. */

import { DefaultAzureCredential } from '@azure/identity'

const { token } = await new DefaultAzureCredential().getToken('api://orders/.default')
const { oid, roles } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
process.stdout.write(`the token of ${oid} says ${roles}\n`)
