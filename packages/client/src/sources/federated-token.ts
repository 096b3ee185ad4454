/**
 * Asks the platform that a job runs on for the job's own token.
 *
 * @module
 */

import { ClientError } from '../errors.ts'
import { exchange } from '../http/http.ts'
import { askUntilSettled } from '../http/retry.ts'
import { quoteServer } from '../http/server-text.ts'
import type { Surroundings } from '../surroundings.ts'
import { readFields } from '../tokens/token-answer.ts'

const TOKEN = /^[!-~]+$/

/** How a platform is asked. */
export interface FederationRequest {
  method: 'GET' | 'POST'
  url: URL
  headers: Record<string, string>
  /** What the job has to show. */
  bearer: string
  /** Where the token is in the answer. */
  field: string
}

/**
 * The job's token.
 *
 * @throws {ClientError} `federation_failed`.
 */
export async function requestFederatedToken(
  { method, url, headers, bearer, field }: FederationRequest,
  surroundings: Surroundings,
): Promise<string> {
  const ask = () =>
    exchange({
      method,
      url,
      headers: { ...headers, Authorization: `Bearer ${bearer}` },
      ...(method === 'POST' && { body: '' }),
      proxied: true,
      ca: surroundings.ca,
    })
  const { status, body } = await askUntilSettled(ask, surroundings).catch((cause) => {
    throw new ClientError('federation_failed', `${url.origin} (${(cause as Error).message})`, { cause })
  })
  const fields = readFields(body)
  const token = fields?.[field]
  if (status === 200 && typeof token === 'string' && TOKEN.test(token)) return token
  const said = quoteServer(typeof fields?.message === 'string' ? fields.message : '', [bearer])
  throw new ClientError('federation_failed', `status ${status} of ${url.origin}${said && ` ("${said}")`}`, {
    statusCode: status,
  })
}
