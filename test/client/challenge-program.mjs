/**
 * An application that answers the challenge of this machine's agent, step by step and at once: prints a JSON line of what
 * it saw.
 *
 * Usage: RUNTIME challenge-program.mjs CLIENT_FILE
 */

import { pathToFileURL } from 'node:url'

const resource = 'https://vault.azure.net'
const client = await import(pathToFileURL(process.argv[2]).href)
const { DefaultCredential, explain, getToken, readChallenge, readKeyFile, requestToken } = client

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())

const { challenge } = await requestToken({ resource })
const path = readChallenge(challenge)
const key = readKeyFile(path)
const { token } = await requestToken({ resource, key })
const spent = await requestToken({ resource, key })
const { token: held } = await new DefaultCredential().getToken(`${resource}/.default`)
process.stdout.write(
  `${JSON.stringify({
    path,
    audience: claimsOf(token.token).aud,
    again: spent.challenge !== undefined,
    same: (await getToken(resource)) === held,
    explained: (await explain({ resource })).split('\n')[0],
  })}\n`,
)
