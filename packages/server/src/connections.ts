/**
 * The connections of a server: a bound on how many are open that locks nobody out, and an end that waits only for
 * answers under way.
 *
 * @see docs/security.md#floods
 * @module
 */

import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Connections of one endpoint; well below the descriptors that a service has by default. */
const CONNECTIONS_MAX = 512

/** What can be done with the connections of a server. */
export interface Connections {
  /**
   * Closes the server: quiet connections at once, the others when their answer is sent, and all of them, upgraded
   * ones too, after `graceMs`.
   */
  close(graceMs: number): Promise<void>
}

/**
 * Keeps the connections of `server` within `max`: when one more comes, the one that has been quiet for longest
 * makes room, and where none is quiet the new one goes.
 */
export function watchConnections(server: Server, max = CONNECTIONS_MAX): Connections {
  const open = new Set<Socket>()
  /** Connections with no request being answered; quiet for longest first. */
  const quiet = new Set<Socket>()
  /** With TLS a request has another socket than the connection below it; they have the peer in common. */
  const byPeer = 'setSecureContext' in server ? new Map<string, Socket>() : undefined
  let closing = false
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    if (open.size > max) makeRoom(quiet, socket)
    quiet.add(socket)
    const peer = peerOf(socket)
    byPeer?.set(peer, socket)
    socket.once('close', () => {
      byPeer?.delete(peer)
      open.delete(socket)
      quiet.delete(socket)
    })
  })
  server.on('request', (request, response: ServerResponse) => {
    const socket = byPeer?.get(peerOf(request.socket)) ?? request.socket
    quiet.delete(socket)
    response.once('close', () => {
      if (closing) request.socket.destroySoon()
      else if (!socket.destroyed) quiet.add(socket)
    })
  })
  return {
    async close(graceMs) {
      closing = true
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      destroyAll(quiet)
      const deadline = setTimeout(() => destroyAll(open), graceMs)
      await promise
      clearTimeout(deadline)
    },
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function makeRoom(quiet: ReadonlySet<Socket>, newest: Socket): void {
  const [longest = newest] = quiet
  longest.destroy()
}

function destroyAll(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.destroy()
}
