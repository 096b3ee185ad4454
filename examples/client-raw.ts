/**
 * Arc's challenge in its three steps, for tools that you write: the agent refuses the first request and names a key
 * file; the program reads it and sends its content with the second request.
 *
 * RESOURCE  what the token is for, for example https://vault.azure.net
 */

import { readChallenge, readKeyFile, requestToken } from '@landfast/client'

const { RESOURCE: resource } = process.env
if (!resource) throw new Error('set RESOURCE to what the token is for')

const refused = await requestToken({ resource })
if (!refused.challenge) throw new Error('the endpoint asked for no proof')
const file = readChallenge(refused.challenge)
process.stdout.write(`the key is in ${file}\n`)

const { token } = await requestToken({ resource, key: readKeyFile(file) })
if (!token) throw new Error('the key was not taken')
process.stdout.write(`a token until ${new Date(token.expiresOnTimestamp).toISOString()}\n`)
