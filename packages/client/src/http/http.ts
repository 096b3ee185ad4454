/**
 * One HTTP exchange, with bounds: the answer is small and comes in time, and no redirect is followed.
 *
 * Identity endpoints are asked directly, whatever `HTTP_PROXY` says: each is on this machine or link-local, and what
 * is sent there is a secret. Only an authority is reached through a proxy, where Node can do it by itself.
 *
 * @module
 */

import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import { builtin } from '../builtin.ts'
import { ClientError, type ClientErrorCode } from '../errors.ts'

/** A token has a few kilobytes; a larger answer is refused. */
const ANSWER_MAX_BYTES = 1024 * 1024
/** From the first byte that is sent to the last that is received. */
const EXCHANGE_MS = 30_000

/** One request. */
export interface Exchange {
  method: 'GET' | 'POST'
  url: URL
  headers: Record<string, string>
  body?: string | undefined
  /** Default 30 s. */
  timeoutMs?: number
  /** Default: as long as the whole exchange. */
  connectMs?: number
  /** Whether a proxy may be between: true only of what is reached over the internet. */
  proxied?: boolean
  /** Certificates, PEM, that are trusted beside the usual ones. */
  ca?: string | undefined
  /** A connection that is already made, and whose other end is proven. */
  connection?: import('node:tls').TLSSocket
}

/** Its answer. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/**
 * Asks, and reads the whole answer, whatever its status.
 *
 * @throws {ClientError} `endpoint_silent`, `redirect_refused`, `answer_too_large` or `answer_malformed`.
 */
export async function exchange(asked: Exchange): Promise<Answer> {
  try {
    return await once(asked)
  } catch (error) {
    // The other side closed a connection that we had kept: it has not seen this request.
    if (error instanceof KeptConnectionClosed) return once(asked)
    throw error
  }
}

class KeptConnectionClosed extends Error {}

function once(asked: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = open(asked)
    const fail = (error: Error) => {
      clearTimeout(timer)
      reject(error)
      outgoing.destroy()
    }
    const timer = setTimeout(
      () => fail(silent(asked, `nothing whole came within ${(asked.timeoutMs ?? EXCHANGE_MS) / 1000} s`)),
      asked.timeoutMs ?? EXCHANGE_MS,
    )
    limitConnecting(outgoing, asked, fail)
    outgoing.on('error', (error) => fail(asClosed(outgoing, error) ?? silent(asked, error.message, error)))
    const closed = () => fail(silent(asked, 'the connection was closed'))
    outgoing.on('close', closed)
    outgoing.on('response', (incoming) => {
      outgoing.off('close', closed)
      collect(incoming, asked, fail, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
    })
    outgoing.end(asked.body)
  })
}

function open(asked: Exchange): ClientRequest {
  const { url, method, headers, body, connection } = asked
  const options: RequestOptions = {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: url.pathname + url.search,
    method,
    headers: {
      Host: url.host,
      Accept: 'application/json',
      ...headers,
      ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
    },
  }
  try {
    if (connection) {
      return builtin('node:http').request({ ...options, agent: agentOf(connection) })
    }
    if (url.protocol === 'http:') return builtin('node:http').request({ ...options, agent: directAgent() })
    const { ca, proxied } = asked
    return builtin('node:https').request({
      ...options,
      ...trusting(ca),
      agent: secureAgent(proxied ?? false),
    })
  } catch (cause) {
    // A header or path that cannot be sent; what Node says of it does not repeat its value.
    throw new ClientError('variable_invalid', `what is to be sent to ${url.origin}`, { cause })
  }
}

function limitConnecting(outgoing: ClientRequest, asked: Exchange, fail: (error: Error) => void): void {
  const { connectMs } = asked
  if (connectMs === undefined) return
  outgoing.on('socket', (socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(
      () => fail(silent(asked, `no connection within ${connectMs / 1000} s`)),
      connectMs,
    )
    const stop = () => clearTimeout(timer)
    socket.once('connect', stop).once('close', stop)
  })
}

function collect(
  incoming: IncomingMessage,
  asked: Exchange,
  fail: (error: Error) => void,
  done: (answer: Answer) => void,
): void {
  const refused = whyRefused(incoming)
  if (refused) {
    fail(broken(refused, asked, incoming))
    return
  }
  const parts: Buffer[] = []
  let size = 0
  incoming.on('data', (part: Buffer) => {
    size += part.length
    if (size > ANSWER_MAX_BYTES) fail(broken('answer_too_large', asked, incoming))
    else parts.push(part)
  })
  incoming.on('error', (cause) => fail(cut(asked, incoming, cause)))
  incoming.on('end', () => {
    const body = Buffer.concat(parts).toString()
    if (incoming.complete) done({ status: incoming.statusCode ?? 0, headers: incoming.headers, body })
    else fail(cut(asked, incoming, new Error('the connection ended within the answer')))
  })
}

/** Nothing is unpacked, so that a small answer cannot become a large one. */
function whyRefused({ statusCode = 0, headers }: IncomingMessage): ClientErrorCode | undefined {
  if (statusCode >= 300 && statusCode < 400) return 'redirect_refused'
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') return 'answer_malformed'
  if (Number(headers['content-length'] ?? 0) > ANSWER_MAX_BYTES) return 'answer_too_large'
  return undefined
}

function broken(code: ClientErrorCode, { url }: Exchange, { statusCode }: IncomingMessage): ClientError {
  const reason = code === 'answer_malformed' ? ', compressed' : ''
  return new ClientError(code, `status ${statusCode} of ${url.origin}${url.pathname}${reason}`, {
    statusCode,
  })
}

/** Something answers there, so this does not let a chain go on as silence would; the cause tells it from bad content. */
function cut({ url }: Exchange, { statusCode }: IncomingMessage, cause: Error): ClientError {
  const place = `status ${statusCode} of ${url.origin}${url.pathname}`
  return new ClientError('answer_malformed', `${place}, cut short (${cause.message})`, { statusCode, cause })
}

function silent({ url }: Exchange, reason: string, cause?: Error): ClientError {
  return new ClientError('endpoint_silent', `${url.origin} (${reason})`, { cause })
}

function asClosed(outgoing: ClientRequest, error: NodeJS.ErrnoException): Error | undefined {
  const closed = error.code === 'ECONNRESET' || error.code === 'EPIPE'
  return closed && outgoing.reusedSocket ? new KeptConnectionClosed() : undefined
}

let direct: Agent | undefined
const secure = new Map<boolean, import('node:https').Agent>()

/** Neither the global agent, which Node can be told to send through a proxy, nor one that asks the environment. */
const NO_PROXY = { proxyEnv: {} }

function directAgent(): Agent {
  const { Agent } = builtin('node:http')
  direct ??= new Agent({ keepAlive: true, ...NO_PROXY })
  return direct
}

/** For one request, on a connection that is there. */
function agentOf(connection: import('node:tls').TLSSocket): Agent {
  const { Agent } = builtin('node:http')
  const agent = new Agent(NO_PROXY)
  agent.createConnection = () => connection
  return agent
}

function secureAgent(proxied: boolean): import('node:https').Agent {
  const known = secure.get(proxied)
  if (known) return known
  const { Agent } = builtin('node:https')
  const made = new Agent({ keepAlive: true, proxyEnv: proxied ? process.env : {} })
  secure.set(proxied, made)
  return made
}

/** Beside `ca` whatever the program trusts by its own settings; an older Node.js tells only of its own roots. */
function trusting(ca: string | undefined): { ca?: string[] } {
  if (ca === undefined) return {}
  const { getCACertificates, rootCertificates } = builtin('node:tls')
  return { ca: [...(getCACertificates?.('default') ?? rootCertificates), ca] }
}
