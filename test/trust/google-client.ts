/**
 * Gets a token of Google with the configuration file that the only argument names, as any application does, and prints
 * it, or the error, as one JSON line.
 *
 * @module
 */

import { GoogleAuth } from 'google-auth-library'
import { endProcess, writeOutput } from '../../packages/cli/src/output.ts'

const [keyFilename = ''] = process.argv.slice(2)

writeOutput('stdout', `${JSON.stringify(await getToken())}\n`)
await endProcess(0)

async function getToken(): Promise<object> {
  try {
    const scopes = 'https://www.googleapis.com/auth/cloud-platform'
    const client = await new GoogleAuth({ keyFilename, scopes }).getClient()
    return { token: (await client.getAccessToken()).token }
  } catch (error) {
    return { error: String(error) }
  }
}
