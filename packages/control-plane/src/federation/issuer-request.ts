/**
 * One request to a foreign issuer over HTTPS: without redirects or compression, and bounded in size and time.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { describeChoice, ProxyError, type TunnelRequest } from '@landfast/server/proxy'
import { FederationError } from './federation-error.ts'
import { type IssuerWay, type WayParts, wayTo } from './issuer-way.ts'

/** Far above any issuer's documents: GitHub's keys have 5 kB. */
export const DOCUMENT_MAX_BYTES = 512 * 1024

/** What is asked of an issuer. */
export interface IssuerRequest {
  method: string
  headers: Readonly<Record<string, string>>
  body?: string | undefined
}

/** What it answers, whatever the status. */
interface IssuerAnswer {
  status: number
  contentType: string | undefined
  body: Buffer
}

const DOCUMENT: IssuerRequest = { method: 'GET', headers: { Accept: 'application/json' } }

/**
 * Fetches the JSON document at `url`, which is https.
 *
 * @throws {FederationError} with the reason why there is none.
 */
export function fetchDocument(url: URL, parts: WayParts): Promise<unknown> {
  return onWay(url, parts, async (way) => {
    const answer = checkStatus(await ask(url, DOCUMENT, { way, signal: parts.signal }))
    return parse(await readBody(checkHead(answer)))
  })
}

/**
 * Sends `request` to `url`, which is https, in the same way.
 *
 * @throws {FederationError} with the reason why there is no answer.
 */
export function askIssuer(url: URL, request: IssuerRequest, parts: WayParts): Promise<IssuerAnswer> {
  return onWay(url, parts, async (way) => {
    const answer = checkHead(await ask(url, request, { way, signal: parts.signal }))
    const { statusCode: status = 0, headers } = answer
    return { status, contentType: headers['content-type'], body: await readBody(answer) }
  })
}

async function onWay<T>(url: URL, parts: WayParts, work: (way: IssuerWay) => Promise<T>): Promise<T> {
  const tried: { way?: IssuerWay } = {}
  try {
    tried.way = await wayTo(url, parts)
    return await work(tried.way)
  } catch (cause) {
    throw explain(cause, tried.way, parts.signal)
  }
}

function explain(cause: unknown, way: IssuerWay | undefined, signal: AbortSignal): FederationError {
  if (cause instanceof FederationError) return cause
  const detail = way?.proxy ? describeChoice({ proxy: way.proxy }) : ''
  if (signal.aborted) return new FederationError('issuer_slow', { detail, cause })
  if (!(cause instanceof ProxyError)) return new FederationError('issuer_unreachable', { detail, cause })
  return new FederationError('issuer_proxy', { detail: cause.message, cause })
}

function ask(
  url: URL,
  { method, headers, body }: IssuerRequest,
  { way: { agent, lookup }, signal }: { way: IssuerWay; signal: AbortSignal },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked: RequestOptions & TunnelRequest = {
      ...{ agent, method },
      headers: { ...headers, 'Accept-Encoding': 'identity' },
      ...(lookup && { lookup }),
      ...{ signal, tunnelSignal: signal },
    }
    const outgoing = request(url, asked)
    outgoing.on('error', reject)
    outgoing.once('response', resolve)
    outgoing.end(body)
  })
}

function checkStatus(answer: IncomingMessage): IncomingMessage {
  const { statusCode = 0 } = answer
  if (statusCode === 200) return answer
  answer.destroy()
  throw new FederationError('issuer_status', { detail: String(statusCode) })
}

function checkHead(answer: IncomingMessage): IncomingMessage {
  const code = refusalOf(answer.headers)
  if (!code) return answer
  answer.destroy()
  throw new FederationError(code)
}

function refusalOf(headers: IncomingMessage['headers']) {
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return 'issuer_answer_encoded'
  return Number(headers['content-length'] ?? 0) > DOCUMENT_MAX_BYTES ? 'issuer_answer_large' : undefined
}

/** Leaving the loop early ends the connection. */
async function readBody(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > DOCUMENT_MAX_BYTES) throw new FederationError('issuer_answer_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new FederationError('issuer_answer_malformed', { cause })
  }
}
