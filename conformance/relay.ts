/**
 * A relay in front of the agent, for what a real service or another system does and our agent never would.
 *
 * @module
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A running relay. */
export interface Relay {
  /** The endpoint's URL with the relay's port. */
  url: string
  stop: () => Promise<void>
}

/** What is told of a relay. */
export interface RelayOptions {
  /** The agent's endpoint. */
  url: string
  address: string
  /** 0 takes a free one. */
  port: number
  /** Answers a request in the agent's place; whether it did. */
  answers?: (asked: IncomingMessage, answer: ServerResponse) => boolean
  /** Headers of the agent's answer, name and value by turns, as they are passed on; default: as they are. */
  rewrite?: (headers: readonly string[]) => string[]
}

/** Starts one. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const server = createServer((asked, answer) => {
    if (!options.answers?.(asked, answer)) passOn(asked, answer, options)
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
  { url, rewrite = (same) => [...same] }: RelayOptions,
): void {
  const { hostname, port } = new URL(url)
  const { method, url: path, headers } = asked
  const outgoing = request({ hostname, port: Number(port), method, path, headers }, (incoming) => {
    answer.writeHead(incoming.statusCode ?? 502, rewrite(incoming.rawHeaders))
    incoming.pipe(answer)
  })
  outgoing.on('error', () => answer.destroy())
  asked.pipe(outgoing)
}
