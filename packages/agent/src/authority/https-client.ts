/**
 * HTTPS to one control plane: the CAs that it is known by and no other, no proxy, no redirect, bounded in size.
 *
 * @module
 */

import { Agent, request } from 'node:https'
import { createSecureContext, type SecureContext } from 'node:tls'
import { trustedRoots } from '@landfast/server'
import { SourceError } from '../tokens/source.ts'
import { describeTimes, lookAtTimes } from './certificate-times.ts'
import { isOutOfTime } from './clock-difference.ts'

const RESPONSE_MAX_BYTES = 1024 * 1024

const MIN_VERSION = 'TLSv1.2'

/** Connections kept open between requests. */
const KEPT_CONNECTIONS = 4

/** An answer, whole. */
export interface HttpsAnswer {
  status: number
  /** Header values by lower-case name. */
  headers: NodeJS.Dict<string | string[]>
  /** The parsed body; undefined if it is not a JSON object. */
  body: Record<string, unknown> | undefined
  /** The body as it came. */
  text: string
}

/** What is sent. */
export interface HttpsRequest {
  /** Default: POST with a body, GET without one. */
  method?: string
  form?: Readonly<Record<string, string>>
  json?: object
  headers?: Readonly<Record<string, string>>
  signal: AbortSignal
}

/** Sends requests to one control plane. */
export interface HttpsClient {
  /** @throws {SourceError} `unavailable` if no whole answer came. */
  send(url: string, request: HttpsRequest): Promise<HttpsAnswer>
  close(): void
}

/** A client of a control plane whose CA may change. */
export interface TrustingClient extends HttpsClient {
  /** From the next connection on, trusts these in place of the CAs before. */
  trust(ca: string | undefined, usesSystemCa: boolean): void
}

/**
 * A client that trusts the certificates issued by `ca` (PEM, one or more), and with `usesSystemCa` those of the CAs that
 * this host trusts. Without `ca` it trusts these.
 */
export function createHttpsClient(ca: string | undefined, usesSystemCa = false): TrustingClient {
  let trusted = () => trustedBy(ca, usesSystemCa)
  // Set here, so that the variable NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off.
  const client = clientOf({ rejectUnauthorized: true, trusted: () => trusted() })
  return {
    ...client,
    trust: (other, usesSystem) => {
      trusted = () => trustedBy(other, usesSystem)
      client.reconnect()
    },
  }
}

function trustedBy(ca: string | undefined, usesSystemCa: boolean): SecureContext {
  const own = ca === undefined ? [] : [ca]
  const roots = usesSystemCa || ca === undefined ? trustedRoots() : []
  return createSecureContext({ ca: [...own, ...roots], minVersion: MIN_VERSION })
}

/** A client that verifies no certificate: for answers that are checked by other means, and never to send a secret. */
export function createUntrustingClient(): HttpsClient {
  return clientOf({ rejectUnauthorized: false, trusted: () => undefined })
}

/** What is trusted is put together once, and with the first request: there may be hundreds of CAs. */
function clientOf({
  rejectUnauthorized,
  trusted,
}: {
  rejectUnauthorized: boolean
  trusted: () => SecureContext | undefined
}): HttpsClient & { reconnect(): void } {
  const former: Agent[] = []
  let agent: Agent | undefined
  const open = () => {
    const secureContext = trusted()
    return new Agent({
      rejectUnauthorized,
      ...(secureContext && { secureContext }),
      keepAlive: true,
      maxFreeSockets: KEPT_CONNECTIONS,
      minVersion: MIN_VERSION,
    })
  }
  return {
    send: async (url, options) => {
      agent ??= open()
      return send(agent, url, options)
    },
    // Requests under way end over the connections that they have.
    reconnect: () => {
      if (agent) former.push(agent)
      agent = undefined
    },
    close: () => {
      for (const one of [...former, ...(agent ? [agent] : [])]) one.destroy()
    },
  }
}

async function send(agent: Agent, url: string, options: HttpsRequest): Promise<HttpsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpsAnswer>()
  const body = bodyOf(options)
  const headers = {
    Accept: 'application/json',
    ...options.headers,
    ...(body && { 'Content-Type': body.type, 'Content-Length': Buffer.byteLength(body.text) }),
  }
  const { signal, method = body ? 'POST' : 'GET' } = options
  const sent = request(url, { agent, signal, headers, method }, (response) => {
    const parts: Buffer[] = []
    let length = 0
    response.on('data', (part: Buffer) => {
      parts.push(part)
      length += part.length
      if (length > RESPONSE_MAX_BYTES) response.destroy(new Error('the answer is too long'))
    })
    response.on('error', reject)
    response.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8')
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: parseObject(text),
        text,
      })
    })
  })
  sent.on('error', reject)
  sent.end(body?.text)
  return promise.catch(async (cause: Error) => {
    const { origin } = new URL(url)
    const message = `no answer from "${origin}": ${await explain(cause, origin, signal)}`
    throw new SourceError('unavailable', message, { cause })
  })
}

/** How to run Node.js is not for our users: the flags of our commands do it. */
const NODES_ADVICE = /; if the root CA is installed locally.*$/s

async function explain(error: Error, origin: string, signal: AbortSignal): Promise<string> {
  const times = isOutOfTime(error) ? await lookAtTimes(origin, signal) : undefined
  return times ? describeTimes(times, new Date()) : error.message.replace(NODES_ADVICE, '')
}

function bodyOf({ form, json }: HttpsRequest): { type: string; text: string } | undefined {
  if (json) return { type: 'application/json', text: JSON.stringify(json) }
  if (!form) return undefined
  return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(form).toString() }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
