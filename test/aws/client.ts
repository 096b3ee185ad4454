/**
 * Gets credentials with the SDK for JavaScript, as the variables say, and prints one JSON line that tells what came of it; never
 * the credentials themselves.
 *
 * Usage: node client.ts container | web-identity
 *
 * @module
 */

import { fromHttp } from '@aws-sdk/credential-provider-http'
import { fromTokenFile } from '@aws-sdk/credential-provider-web-identity'
import { endProcess } from '../../packages/cli/src/output.ts'
import { digestOfCredentials } from './credentials-digest.ts'

const { AWS_ENDPOINT_URL_STS: endpoint = '', AWS_REGION: region = '' } = process.env

const PROVIDERS = {
  container: () => fromHttp(),
  'web-identity': () => fromTokenFile({ clientConfig: { endpoint, region } }),
}

try {
  const provide = PROVIDERS[process.argv[2] as keyof typeof PROVIDERS]()
  const { accessKeyId, secretAccessKey, sessionToken = '', expiration } = await provide()
  const digest = digestOfCredentials(accessKeyId, secretAccessKey, sessionToken)
  process.stdout.write(`${JSON.stringify({ accessKeyId, digest, expiration })}\n`)
} catch (error) {
  process.stdout.write(
    `${JSON.stringify({ error: `${error} ${(error as { Message?: string }).Message}` })}\n`,
  )
}
await endProcess(0)
