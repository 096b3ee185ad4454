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

/** An open connection. What is asked of it often is a field of it, not its place in a set: sets that change all the time cost more. */
interface Held {
  readonly socket: Socket
  /** Since when its peer has to send a request, or the rest of one, or to take its answer: a later one has a greater number, 0 is not. */
  waitingSince: number
  /** Requests that are not answered yet. */
  underWay: number
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
  const open = new Map<Socket, Held>()
  /** With TLS a request has another socket than the connection below it; they have the peer in common. */
  const byPeer = 'setSecureContext' in server ? new Map<string, Socket>() : undefined
  let moments = 0
  let closing = false
  let draining = false

  function makeRoom(newest: Socket): void {
    const greediest = ownerOf
      ? ofGreediest(open, ownedBy(ownerOf)).filter(({ socket }) => socket !== newest)
      : []
    const [itsFirst] = greediest
    const chosen = waitingLongest(greediest) ?? waitingLongest(open.values()) ?? itsFirst
    ;(chosen?.socket ?? newest).destroy()
  }

  /** With TLS, who asks is known of the request's socket. */
  function ownedBy(owner: (socket: Socket) => unknown): (held: Held) => unknown {
    return ({ socket, own, underWay }) => owner(underWay > 0 ? own : socket)
  }

  function waitAnew(held: Held): void {
    moments += 1
    held.waitingSince = held.socket.destroyed ? 0 : moments
  }

  function end(held: Held): void {
    held.underWay -= 1
    if (closing) held.own.destroySoon()
    else waitAnew(held)
  }

  server.on('connection', (socket: Socket) => {
    const held: Held = { socket, waitingSince: 0, underWay: 0, own: socket }
    open.set(socket, held)
    if (open.size > max) makeRoom(socket)
    waitAnew(held)
    const peer = byPeer && peerOf(socket)
    if (peer !== undefined) byPeer?.set(peer, socket)
    socket.once('close', () => {
      if (peer !== undefined) byPeer?.delete(peer)
      open.delete(socket)
      held.waitingSince = 0
    })
  })
  // First of all listeners, since the others may answer at once.
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket: own } = request
    if (draining) response.setHeader('Connection', 'close')
    // Taken at once: Node takes the socket away from a request whose body is not read to its end.
    const socket = byPeer?.get(peerOf(own)) ?? own
    const held = open.get(socket) ?? { socket, waitingSince: 0, underWay: 0, own }
    if (held.underWay === PIPELINED_MAX) {
      own.destroy()
      return
    }
    held.underWay += 1
    held.own = own
    if (!hasBody(request)) held.waitingSince = 0
    else
      request.once('end', () => {
        if (!response.writableEnded) held.waitingSince = 0
      })
    response.once('prefinish', () => waitAnew(held))
    response.once('close', () => end(held))
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
      destroyAll([...open.values()].filter(({ underWay }) => underWay === 0))
      const deadline = setTimeout(() => destroyAll(open.values()), graceMs)
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
function ofGreediest(open: ReadonlyMap<Socket, Held>, ownerOf: (held: Held) => unknown): Held[] {
  const alive = [...open.values()].filter(({ socket }) => !socket.destroyed)
  const [most = []] = [...Map.groupBy(alive, ownerOf).values()].sort(
    (one, other) => other.length - one.length,
  )
  return most.length > 1 ? most : []
}

function waitingLongest(some: Iterable<Held>): Held | undefined {
  let longest: Held | undefined
  for (const held of some) {
    if (held.waitingSince > 0 && held.waitingSince < (longest?.waitingSince ?? Infinity)) longest = held
  }
  return longest
}

function endOf(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function destroyAll(connections: Iterable<Held>): void {
  for (const { socket } of connections) socket.destroy()
}
