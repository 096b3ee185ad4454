/**
 * Callers that each have one connection, over which they ask by HTTP/1.1 or by gRPC. They parse no more than they need, so that
 * the measured side never waits for them.
 *
 * @module
 */

import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type HttpAnswer, wholeAnswer } from './http-answer.ts'

/** A caller that gets no answer for this long has met a fault. */
const ANSWER_WITHIN_MS = 60_000

/** How a server is reached. */
export interface Connection {
  /** With no port it is a socket file. */
  host: string
  port?: number
  /** Without it the connection is not encrypted. */
  tls?: { ca: string; key?: string; certificate?: string; isNameChecked: boolean }
}

/** One connection. */
export interface Caller {
  readonly isConnected: boolean
  /** Sends a request; resolves to the whole answer. */
  ask(request: Buffer): Promise<HttpAnswer>
  /** Closes it, so that it stays in no table of the kernel. */
  disconnect(): void
}

/** A connected caller by HTTP/1.1: a request is all the bytes of it. */
export async function connectHttp(connection: Connection): Promise<Caller> {
  const socket = await connectSocket(connection, 'http/1.1')
  let received = ''
  let answered: PromiseWithResolvers<HttpAnswer> | undefined
  socket.on('data', (part: Buffer) => {
    received += part.toString('latin1')
    const answer = wholeAnswer(received)
    if (!answer) return
    received = ''
    answered?.resolve(answer)
    answered = undefined
  })
  // Between loads nothing is awaited.
  socket.setTimeout(ANSWER_WITHIN_MS, () => answered && socket.destroy(new Error('a caller got no answer')))
  socket.on('error', (error) => answered?.reject(error))
  socket.on('close', () => answered?.reject(new Error('the server closed a connection')))
  return {
    get isConnected() {
      return !socket.destroyed
    },
    ask: (request) => {
      if (socket.destroyed) return Promise.reject(new Error('the server has closed the connection'))
      answered = Promise.withResolvers()
      socket.write(request)
      return answered.promise
    },
    // One that was closed in the usual way would stay in the kernel's table for a minute.
    disconnect: () => (isPlainTcp(connection) ? socket.resetAndDestroy() : socket.destroy()),
  }
}

/** A connected caller by gRPC: a request is the frame of a message to `path`; the body of the answer is its status. */
export async function connectGrpc(
  connection: Connection,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Caller> {
  const socket = await connectSocket(connection, 'h2')
  const session = connectHttp2('https://race.example', { createConnection: () => socket })
  let isAskedToGo = false
  session.on('error', () => {})
  session.on('goaway', () => {
    isAskedToGo = true
  })
  const headers = {
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: path,
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    [constants.HTTP2_HEADER_TE]: 'trailers',
    ...metadata,
  }
  return {
    get isConnected() {
      return !session.destroyed && !session.closed && !isAskedToGo
    },
    ask: (request) => askGrpc(session, headers, request),
    disconnect: () => session.destroy(),
  }
}

/** A status other than 0 has its words in the body. */
function askGrpc(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  request: Buffer,
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const stream = session.request(headers)
  let body = ''
  let failure = 'no status came'
  const judge = (trailers: Record<string, unknown>) => {
    const status = trailers['grpc-status']
    if (status !== undefined) failure = status === '0' ? '' : `gRPC ${status}: ${trailers['grpc-message']}`
  }
  stream.on('response', judge)
  stream.on('trailers', judge)
  stream.setEncoding('latin1').on('data', (part: string) => {
    body += part
  })
  stream.on('error', reject)
  stream.on('end', () =>
    resolve(failure === '' ? { status: 200, head: '', body } : { status: 500, head: '', body: failure }),
  )
  stream.end(request)
  return promise
}

function isPlainTcp({ port, tls }: Connection): boolean {
  return port !== undefined && !tls
}

async function connectSocket({ host, port, tls }: Connection, protocol: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const place = port === undefined ? { path: host } : { host, port, noDelay: true }
  const socket = tls
    ? connectTls({
        ...place,
        ca: tls.ca,
        ...(tls.key && { key: tls.key, cert: tls.certificate }),
        ...(!tls.isNameChecked && { checkServerIdentity: () => undefined }),
        ALPNProtocols: [protocol],
      })
    : connectTcp(place)
  socket.once('error', reject)
  socket.once(tls ? 'secureConnect' : 'connect', resolve)
  await promise
  socket.setNoDelay(true)
  return socket.off('error', reject)
}
