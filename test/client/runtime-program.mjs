/**
 * What the client does on whichever runtime runs this: prints a JSON line of what it saw.
 *
 * Usage: RUNTIME runtime-program.mjs CLIENT_FILE
 */

import { pathToFileURL } from 'node:url'

const RESOURCE = 'https://storage.azure.com'
const client = await import(pathToFileURL(process.argv[2]).href)
const { ClientError, DefaultCredential, explain, getToken, ManagedIdentityCredential } = client

const credential = new DefaultCredential()
const token = await credential.getToken(`${RESOURCE}/.default`)
const same = await new ManagedIdentityCredential().getToken([`${RESOURCE}/.default`])
const anew = await credential.getToken(`${RESOURCE}/.default`, { claims: '{"access_token":{}}' })
const refused = await new ManagedIdentityCredential({ clientId: 'nobody' })
  .getToken(`${RESOURCE}/.default`)
  .catch((error) => error)

process.stdout.write(
  `${JSON.stringify({
    token: token.token,
    minutes: Math.round((token.expiresOnTimestamp - Date.now()) / 60_000),
    held: same === token,
    string: (await getToken(RESOURCE)) === anew.token,
    anew: anew.token !== token.token,
    refused: refused instanceof ClientError && refused.code,
    explained: (await explain({ resource: RESOURCE })).split('\n')[0],
  })}\n`,
)
