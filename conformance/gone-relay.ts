/**
 * Stands before the agent and answers 410 at first, as a real service does while it is updated. Our agent never does.
 *
 * @module
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A running relay. */
export interface GoneRelay {
  /** The endpoint's URL with the relay's port. */
  url: string
  stop: () => Promise<void>
}

const GONE = JSON.stringify({ error: 'gone', error_description: 'the service is being updated' })

/** Starts one on `port` of `address` that answers so many requests itself. */
export async function startGoneRelay(options: {
  url: string
  address: string
  port: number
  answers: number
}): Promise<GoneRelay> {
  const { hostname, port } = new URL(options.url)
  let left = options.answers
  const server = createServer((asked, answer) => {
    left -= 1
    if (left >= 0) answer.writeHead(410, { 'Content-Type': 'application/json' }).end(GONE)
    else passOn(asked, answer, { hostname, port: Number(port) })
  })
  server.listen(options.port, options.address)
  await once(server, 'listening')
  const url = new URL(options.url)
  url.hostname = options.address
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function passOn(
  asked: IncomingMessage,
  answer: ServerResponse,
  to: { hostname: string; port: number },
): void {
  const { method, url: path, headers } = asked
  const outgoing = request({ ...to, method, path, headers }, (incoming) => {
    answer.writeHead(incoming.statusCode ?? 502, incoming.rawHeaders)
    incoming.pipe(answer)
  })
  outgoing.on('error', () => answer.destroy())
  asked.pipe(outgoing)
}
