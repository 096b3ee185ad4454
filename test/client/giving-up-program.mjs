/**
 * Asks for a token, gives up, and prints the name of the error. Nothing ends the process but the end of its work.
 *
 * Usage: RUNTIME giving-up-program.mjs CLIENT_FILE
 */

import { pathToFileURL } from 'node:url'

const { ManagedIdentityCredential } = await import(pathToFileURL(process.argv[2]).href)
await new ManagedIdentityCredential()
  .getToken('https://vault.azure.net/.default', { abortSignal: AbortSignal.timeout(500) })
  .catch(({ name }) => process.stdout.write(name))
