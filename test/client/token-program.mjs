/**
 * Gets one token and prints its length.
 *
 * Usage: RUNTIME token-program.mjs CLIENT_FILE
 */

import { pathToFileURL } from 'node:url'

const { getToken } = await import(pathToFileURL(process.argv[2]).href)
process.stdout.write(String((await getToken('https://storage.azure.com')).length))
