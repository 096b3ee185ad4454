/**
 * A program that asks an authority as the agent does, in an environment that a test chose.
 *
 * @module
 */

import { createHttpsClient } from '../../packages/agent/src/authority/https-client.ts'

const [url = '', ca = ''] = process.argv.slice(2)
const client = createHttpsClient(ca)
const outcome = await client.send(url, { signal: AbortSignal.timeout(60_000) }).then(
  ({ status }) => ({ status }),
  (error: { failure: string; cause: { code: string } }) => ({
    failure: error.failure,
    cause: error.cause.code,
  }),
)
client.close()
process.stdout.write(`${JSON.stringify(outcome)}\n`)
