/**
 * The connections of a server: a bound on how many are open that locks no caller out, and an end that waits only for
 * answers under way.
 *
 * The agent bounds the connections of each of its addresses, and both servers those of their pages for health and
 * metrics. The control plane, whose machines are many, has no bound; Fastify ends its server.
 *
 * @see docs/security.md#floods
 * @module
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Connections of one server; well below the descriptors that a service has by default. */
const CONNECTIONS_MAX = 512

/** Requests that one connection may have under way: clients send the next when they have the answer, but for a few at most. */
const PIPELINED_MAX = 16

/** What bounds the connections of a server. */
export interface ConnectionBound {
  max?: number
  /** Who asks on a connection, as far as that is known. */
  ownerOf?: (socket: Socket) => unknown
}

/** What can be done with the connections of a server. */
export interface Connections {
  /** From now on each answer is the last one of its connection, and says so; connections are taken as before. */
  drain(): void
  /**
   * Closes the server: quiet connections at once, the others when their answer is sent, and all of them, upgraded
   * ones too, after `graceMs`. `end` takes no more of them and waits until none is left; by default it is Node's own.
   */
  close(graceMs: number, end?: () => Promise<unknown>): Promise<void>
}

/** The requests of one connection that are not answered yet. */
interface UnderWay {
  count: number
  /** The socket by which they came; with TLS it is another than that of the connection below it. */
  own: Socket
}

/**
 * Keeps the connections of `server` within `max`: when one more comes, the one that has waited for its own peer for longest
 * makes room. If all wait for us, one of the owner that has most does, or the new one where owners are not known.
 */
export function watchConnections(
  server: Server,
  { max = CONNECTIONS_MAX, ownerOf }: ConnectionBound = {},
): Connections {
  const open = new Set<Socket>()
  /** Those whose peer has to send a request, or the rest of one, or to take its answer; for longest first. */
  const waiting = new Set<Socket>()
  const underWay = new Map<Socket, UnderWay>()
  /** With TLS a request has another socket than the connection below it; they have the peer in common. */
  const byPeer = 'setSecureContext' in server ? new Map<string, Socket>() : undefined
  let closing = false
  let draining = false

  function makeRoom(newest: Socket): void {
    const [longest = (ownerOf && oneOfMost(underWay, ownerOf)) ?? newest] = waiting
    longest.destroy()
  }

  function waitAnew(socket: Socket): void {
    waiting.delete(socket)
    if (!socket.destroyed) waiting.add(socket)
  }

  function end(socket: Socket, requests: UnderWay): void {
    requests.count -= 1
    if (requests.count === 0) underWay.delete(socket)
    if (closing) requests.own.destroySoon()
    else waitAnew(socket)
  }

  server.on('connection', (socket: Socket) => {
    open.add(socket)
    if (open.size > max) makeRoom(socket)
    waiting.add(socket)
    const peer = peerOf(socket)
    byPeer?.set(peer, socket)
    socket.once('close', () => {
      byPeer?.delete(peer)
      open.delete(socket)
      waiting.delete(socket)
      underWay.delete(socket)
    })
  })
  // First of all listeners, since the others may answer at once.
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket: own } = request
    if (draining) response.setHeader('Connection', 'close')
    // Taken at once: Node takes the socket away from a request whose body is not read to its end.
    const socket = byPeer?.get(peerOf(own)) ?? own
    const requests = underWay.get(socket) ?? { count: 0, own }
    if (requests.count === PIPELINED_MAX) {
      own.destroy()
      return
    }
    requests.count += 1
    underWay.set(socket, requests)
    if (!hasBody(request)) waiting.delete(socket)
    else request.once('end', () => response.writableEnded || waiting.delete(socket))
    response.once('prefinish', () => waitAnew(socket))
    response.once('close', () => end(socket, requests))
  })
  const drain = () => {
    draining = true
  }
  return {
    drain,
    async close(graceMs, end = () => endOf(server)) {
      closing = true
      drain()
      const ended = end()
      destroyAll([...open].filter((socket) => !underWay.has(socket)))
      const deadline = setTimeout(() => destroyAll(open), graceMs)
      await ended.finally(() => clearTimeout(deadline))
    },
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

/** Whether a body follows, for which we wait. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** The connection whose owner has the most, the first of them. */
function oneOfMost(
  underWay: ReadonlyMap<Socket, UnderWay>,
  ownerOf: (socket: Socket) => unknown,
): Socket | undefined {
  const byOwner = Map.groupBy(underWay, ([, { own }]) => ownerOf(own))
  const [most] = [...byOwner.values()].sort((one, other) => other.length - one.length)
  return most && most.length > 1 ? most[0]?.[0] : undefined
}

function endOf(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function destroyAll(sockets: Iterable<Socket>): void {
  for (const socket of sockets) socket.destroy()
}
