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
  /** Who asks on a connection; undefined while that is not known. */
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
 * Keeps the connections of `server` within `max`: when one more comes, the owner that has most makes room, with the
 * connection that has waited for its own peer for longest, and if all of them wait for us, whoever has waited for longest.
 * If all connections wait for us, one of that owner goes. Without owners it is the one that has waited for longest, or the new
 * one.
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
    const greediest = new Set<Socket>(ownerOf && ofGreediest(open, ownedBy(ownerOf)))
    greediest.delete(newest)
    const itsLongest = [...waiting].find((socket) => greediest.has(socket))
    const [longest] = waiting
    const [itsFirst] = greediest
    ;(itsLongest ?? longest ?? itsFirst ?? newest).destroy()
  }

  /** With TLS, who asks is known of the request's socket. */
  function ownedBy(owner: (socket: Socket) => unknown): (socket: Socket) => unknown {
    return (socket) => owner(underWay.get(socket)?.own ?? socket)
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

/** The connections of the owner that has most, in the order of `open`; none if each has one. */
function ofGreediest(open: ReadonlySet<Socket>, ownerOf: (socket: Socket) => unknown): Socket[] {
  const alive = [...open].filter((socket) => !socket.destroyed)
  const [most = []] = [...Map.groupBy(alive, ownerOf).values()].sort(
    (one, other) => other.length - one.length,
  )
  return most.length > 1 ? most : []
}

function endOf(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function destroyAll(sockets: Iterable<Socket>): void {
  for (const socket of sockets) socket.destroy()
}
