/**
 * A server that answers as a test says, and keeps the requests.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A request as it came. */
export interface Asked {
  method: string
  /** Path and query. */
  target: string
  headers: IncomingMessage['headers']
  body: string
}

/** An answer; what is undefined has a value that carries a token. */
export interface Scripted {
  status?: number
  headers?: Record<string, string>
  body?: unknown
}

/** Answers one request, or writes whatever it likes. */
export type Script = (
  asked: Asked,
  outgoing: ServerResponse,
) => Scripted | undefined | Promise<Scripted | undefined>

/** A running server. */
export interface ScriptedServer {
  url: string
  asked: Asked[]
}

/** A body that carries a token. */
export const TOKEN_BODY = { access_token: 'a-token', expires_in: '3600', token_type: 'Bearer' }

/** Starts one; it stops with the test. */
export async function startScripted(
  script: Script,
  tls?: { key: string; cert: string },
): Promise<ScriptedServer> {
  const asked: Asked[] = []
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const one: Asked = {
      method: incoming.method ?? '',
      target: incoming.url ?? '',
      headers: incoming.headers,
      body: await text(incoming),
    }
    asked.push(one)
    const scripted = await script(one, outgoing)
    if (!scripted) return
    const { status = 200, headers = {}, body = TOKEN_BODY } = scripted
    outgoing.writeHead(status, { 'Content-Type': 'application/json', ...headers })
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void answer(incoming, outgoing)
  const server = tls ? createSecureServer(tls, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, asked }
}
