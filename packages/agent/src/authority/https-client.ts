/**
 * HTTPS to one control plane: the CAs that it is known by and no other, no redirect, bounded in size, and through a proxy
 * only where one was given.
 *
 * @module
 */

import type { RequestOptions } from 'node:https'
import { type Proxies, ProxyError, type TunnelRequest } from '@landfast/server/proxy'
import { SourceError } from '../tokens/source.ts'
import { describeTimes, lookAtTimes } from './certificate-times.ts'
import { isOutOfTime } from './clock-difference.ts'
import { createHttpsWays, type HttpsTrust, type HttpsWay, type HttpsWays } from './https-ways.ts'

const RESPONSE_MAX_BYTES = 1024 * 1024

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
 * this host trusts. Without `ca` it trusts these. Without `proxies` it never asks a proxy, whatever the variables say.
 */
export function createHttpsClient(
  ca: string | undefined,
  usesSystemCa = false,
  proxies?: Proxies,
): TrustingClient {
  return clientOf({ ca, usesSystemCa }, proxies)
}

/** A client that verifies no certificate: for answers that are checked by other means, and never to send a secret. */
export function createUntrustingClient(proxies?: Proxies): HttpsClient {
  return clientOf({ isUntrusting: true }, proxies)
}

function clientOf(trust: HttpsTrust, proxies: Proxies | undefined): TrustingClient {
  const former: HttpsWays[] = []
  let ways = createHttpsWays(trust, proxies)
  return {
    send: async (url, options) => {
      try {
        return await send(ways.to(url), url, options)
      } catch (cause) {
        if (cause instanceof SourceError) throw cause
        const { message } = cause as Error
        throw new SourceError('unavailable', `no answer from "${new URL(url).origin}": ${message}`, { cause })
      }
    },
    // Requests under way end over the connections that they have.
    trust: (ca, usesSystemCa) => {
      former.push(ways)
      ways = createHttpsWays({ ca, usesSystemCa }, proxies)
    },
    close: () => {
      for (const one of [...former, ways]) one.close()
    },
  }
}

async function send(way: HttpsWay, url: string, options: HttpsRequest): Promise<HttpsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpsAnswer>()
  const body = bodyOf(options)
  const headers = {
    Accept: 'application/json',
    ...options.headers,
    ...(body && { 'Content-Type': body.type, 'Content-Length': Buffer.byteLength(body.text) }),
  }
  const { signal, method = body ? 'POST' : 'GET' } = options
  const asked: RequestOptions & TunnelRequest = {
    ...{ agent: way.agent, signal, tunnelSignal: signal },
    ...{ headers, method },
  }
  const { request } = process.getBuiltinModule('node:https')
  const sent = request(url, asked, (response) => {
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
    const message = `no answer from "${origin}"${noteOf(cause, way)}: ${await explain(cause, way, { origin, signal })}`
    throw new SourceError('unavailable', message, { cause })
  })
}

/** What Node.js says of a certificate whose CA it does not know. */
const DISTRUST = /SELF_SIGNED|UNABLE_TO|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE/

const PROXY_ADVICE = '; if this proxy opens TLS, name its CA with "proxy-ca-file"'

/** How to run Node.js is not for our users: the flags of our commands do it. */
const NODES_ADVICE = /; if the root CA is installed locally.*$/s

/** A failure of the proxy names it by itself; any other is told with the way that it happened on. */
function noteOf(error: Error, { note }: HttpsWay): string {
  return error instanceof ProxyError ? '' : note
}

async function explain(
  error: Error,
  way: HttpsWay,
  { origin, signal }: { origin: string; signal: AbortSignal },
): Promise<string> {
  const times = isOutOfTime(error) ? await lookAtTimes(origin, signal, way.untrusting()) : undefined
  if (times) return describeTimes(times, new Date())
  const message = error.message.replace(NODES_ADVICE, '')
  return way.note && DISTRUST.test((error as NodeJS.ErrnoException).code ?? '')
    ? message + PROXY_ADVICE
    : message
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
