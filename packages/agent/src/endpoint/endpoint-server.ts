/**
 * The HTTP server of one identity endpoint: its limits, and answers in the endpoint's own form to requests that cannot
 * be handled.
 *
 * @see docs/protocol.md#errors
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { formatErrorAnswer, type Style, WireError, type WireErrorCode } from '@landfast/protocol'
import {
  BOUNDED_PIPELINE,
  checkWhileConnected,
  createServer,
  createTlsServer,
  STATUS_CODES,
} from '@landfast/server'
import { ANSWER_HEADERS, allowHeader, answerError, GET } from './answer.ts'
import type { RefusedRequest } from './refusal-log.ts'

/** Bytes of all headers of a request together. */
const HEADERS_MAX_BYTES = 16 * 1024

/** A request must be complete within this time. */
const REQUEST_WITHIN_MS = 10_000

/** Its headers within this one. */
const HEADERS_WITHIN_MS = 5000

/** A quiet connection is kept for this long. */
const KEEP_ALIVE_MS = 30_000

/** While there are connections. */
const CHECK_EVERY_MS = 1000

/** How a request begins; a TLS client does not begin so. */
const REQUEST_LINE = /^[A-Z-]+ [/*]/i

/** An error of the parser, and the bytes that it was given last. */
interface ParserError extends Error {
  code?: string
  rawPacket?: Buffer
}

const LIMITS = {
  maxHeaderSize: HEADERS_MAX_BYTES,
  headersTimeout: HEADERS_WITHIN_MS,
  requestTimeout: REQUEST_WITHIN_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_EVERY_MS,
  // A header that is sent twice is read as "a, b" and so fails every comparison.
  joinDuplicateHeaders: true,
  // The gate refuses a missing Host in its own words.
  requireHostHeader: false,
  ...BOUNDED_PIPELINE,
}

/** Takes note of a refusal on `socket`. */
type OnRefused = (socket: Socket, refused: Pick<RefusedRequest, 'decided' | 'error'>) => void

/** What a server of one style needs beside its handler. */
export interface EndpointServerOptions {
  /** Default: one whose methods are GET alone, and whose errors are flat. */
  style?: Style | undefined
  /** Told of what is refused here and never comes to `handle`, before the answer is sent. */
  onRefused?: OnRefused | undefined
  /** The key and certificate, PEM, in styles with TLS. */
  tls?: { key: string; certificate: string } | undefined
}

/** A server that is not listening yet. `handle` gets every request that is one. */
export function createEndpointServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  { style, tls, onRefused }: EndpointServerOptions = {},
): Server {
  const { methods = GET } = style ?? {}
  const server = tls
    ? createTlsServer({
        ...LIMITS,
        key: tls.key,
        cert: tls.certificate,
        handshakeTimeout: HEADERS_WITHIN_MS,
      })
    : createServer(LIMITS)
  checkWhileConnected(server)
  server.on('request', (request, response) => {
    // It was cut, for asking too much at once.
    if (request.socket.destroyed) return
    // Only a form that may be posted is read. Any other body is not, and the connection ends.
    const isForm = request.method === 'POST' && methods.includes('POST')
    if (!isForm && hasBody(request)) response.setHeader('Connection', 'close')
    handle(request, response)
  })
  server.on('checkExpectation', ({ socket }, response) => {
    const [error, correlationId] = [new WireError('http_malformed'), randomUUID()]
    onRefused?.(socket, { decided: { correlationId }, error })
    answerError(response, error, { correlationId, ...(style && { style }) })
  })
  server.on('connect', (_request, socket: Socket) => {
    // Node has let go of the socket: only we read it, hear its errors and close it.
    socket.on('error', () => {}).resume()
    socket.on('finish', () => socket.destroy())
    endRaw(socket, 'path_unknown', { style, onRefused })
  })
  server.on('clientError', (error: ParserError, socket: Socket) =>
    endRaw(socket, meaningOf(error), { style, onRefused }),
  )
  return server
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function meaningOf({ code, rawPacket }: ParserError): WireErrorCode {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'headers_too_large'
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request_timeout'
    case 'HPE_INVALID_METHOD':
      return REQUEST_LINE.test(rawPacket?.toString('latin1', 0, 64) ?? '')
        ? 'method_not_allowed'
        : 'http_malformed'
    default:
      return 'http_malformed'
  }
}

/** Answers on a connection that has no response object, and ends it. */
function endRaw(
  socket: Socket,
  code: WireErrorCode,
  { style, onRefused }: Pick<EndpointServerOptions, 'style' | 'onRefused'>,
): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const [error, correlationId] = [new WireError(code), randomUUID()]
  onRefused?.(socket, { decided: { correlationId }, error })
  const body = JSON.stringify(formatErrorAnswer(error, correlationId, style))
  const headers = {
    ...ANSWER_HEADERS,
    ...(code === 'method_not_allowed' && allowHeader(style?.methods ?? GET)),
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${lines.join('')}\r\n${body}`)
}
