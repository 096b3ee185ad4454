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

import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Connections of one server; well below the descriptors that a service has by default. */
const CONNECTIONS_MAX = 512

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

/**
 * Keeps the connections of `server` within `max`: when one more comes, the one that has been quiet for longest
 * makes room, and where none is quiet the new one goes.
 *
 * @param sharerOf whose a connection is: then room is made by who has the most of them.
 */
export function watchConnections(
  server: Server,
  max = CONNECTIONS_MAX,
  sharerOf?: (socket: Socket) => string,
): Connections {
  const open = new Set<Socket>()
  /** Whose each is; taken at once, as a closed socket no longer tells. */
  const sharers = new Map<Socket, string>()
  /** Connections with no request being answered; quiet for longest first. */
  const quiet = new Set<Socket>()
  /** With TLS a request has another socket than the connection below it; they have the peer in common. */
  const byPeer = 'setSecureContext' in server ? new Map<string, Socket>() : undefined
  let closing = false
  let draining = false
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    if (sharerOf) sharers.set(socket, sharerOf(socket))
    if (open.size > max) makeRoom(sharerOf ? quietOfGreediest(quiet, sharers) : quiet, socket)
    quiet.add(socket)
    const peer = peerOf(socket)
    byPeer?.set(peer, socket)
    socket.once('close', () => {
      byPeer?.delete(peer)
      open.delete(socket)
      sharers.delete(socket)
      quiet.delete(socket)
    })
  })
  // First of all listeners, since the others may answer at once.
  server.prependListener('request', ({ socket: own }, response: ServerResponse) => {
    if (draining) response.setHeader('Connection', 'close')
    // Taken at once: Node takes the socket away from a request whose body is not read to its end.
    const socket = byPeer?.get(peerOf(own)) ?? own
    quiet.delete(socket)
    response.once('close', () => {
      if (closing) own.destroySoon()
      else if (!socket.destroyed) quiet.add(socket)
    })
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
      destroyAll(quiet)
      const deadline = setTimeout(() => destroyAll(open), graceMs)
      await ended.finally(() => clearTimeout(deadline))
    },
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function makeRoom(quiet: Iterable<Socket>, newest: Socket): void {
  const [longest = newest] = quiet
  longest.destroy()
}

/** The quiet connections of the sharer that has the most; all of them if it has none. */
function quietOfGreediest(
  quiet: ReadonlySet<Socket>,
  sharers: ReadonlyMap<Socket, string>,
): Iterable<Socket> {
  const counts = new Map<string, number>()
  for (const sharer of sharers.values()) counts.set(sharer, (counts.get(sharer) ?? 0) + 1)
  const most = Math.max(...counts.values())
  const own = [...quiet].filter((socket) => counts.get(sharers.get(socket) ?? '') === most)
  return own.length > 0 ? own : quiet
}

function endOf(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function destroyAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy()
}
