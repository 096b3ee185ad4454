/**
 * HTTPS to one authority: its own CA and no other, no proxy, no redirect, bounded in size.
 *
 * @module
 */

import { Agent, request } from 'node:https'
import { SourceError } from './source.ts'

const RESPONSE_MAX_BYTES = 1024 * 1024

/** Connections kept open between requests. */
const KEPT_CONNECTIONS = 4

/** An answer, whole. */
export interface HttpsAnswer {
  status: number
  /** Header values by lower-case name. */
  headers: NodeJS.Dict<string | string[]>
  /** The parsed body; undefined if it is not a JSON object. */
  body: Record<string, unknown> | undefined
}

/** Sends requests to one authority. */
export interface HttpsClient {
  /**
   * POSTs `form`, or GETs without one.
   *
   * @throws {SourceError} `unavailable` if no whole answer came.
   */
  send(url: string, options: { form?: Record<string, string>; signal: AbortSignal }): Promise<HttpsAnswer>
  close(): void
}

/** A client that trusts the certificates issued by `ca` (PEM). */
export function createHttpsClient(ca: string): HttpsClient {
  const agent = new Agent({
    ca,
    keepAlive: true,
    maxFreeSockets: KEPT_CONNECTIONS,
    minVersion: 'TLSv1.2',
    // Said here so that NODE_TLS_REJECT_UNAUTHORIZED in somebody's environment cannot unsay it.
    rejectUnauthorized: true,
  })
  return {
    send: (url, options) => send(agent, url, options),
    close: () => agent.destroy(),
  }
}

async function send(
  agent: Agent,
  url: string,
  { form, signal }: { form?: Record<string, string>; signal: AbortSignal },
): Promise<HttpsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpsAnswer>()
  const body = form && new URLSearchParams(form).toString()
  const headers = {
    Accept: 'application/json',
    ...(body && {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': Buffer.byteLength(body),
    }),
  }
  const sent = request(url, { agent, signal, headers, method: body ? 'POST' : 'GET' }, (response) => {
    const parts: Buffer[] = []
    let length = 0
    response.on('data', (part: Buffer) => {
      parts.push(part)
      length += part.length
      if (length > RESPONSE_MAX_BYTES) response.destroy(new Error('the answer is too long'))
    })
    response.on('error', reject)
    response.on('end', () => {
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: parseObject(Buffer.concat(parts).toString('utf8')),
      })
    })
  })
  sent.on('error', reject)
  sent.end(body)
  return promise.catch((cause: Error) => {
    throw new SourceError('unavailable', `no answer from "${new URL(url).origin}": ${cause.message}`, {
      cause,
    })
  })
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
