/**
 * The connections of a server, so that its end need not wait for those on which nothing happens. Node itself
 * closes idle ones only after their first request.
 *
 * @module
 */

import type { Server } from 'node:https'
import type { Socket } from 'node:net'

/** What can be done with them. */
export interface Connections {
  /** Closes those that never brought a request, be the TLS handshake done or not. */
  closeSilent(): void
  /** Closes every one. */
  closeAll(): void
}

/** Watches the connections of `server` from now on. */
export function watchConnections(server: Server): Connections {
  const open = new Map<string, Socket>()
  const silent = new Set<string>()
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    open.set(peer, socket)
    silent.add(peer)
    socket.once('close', () => {
      open.delete(peer)
      silent.delete(peer)
    })
  })
  server.on('request', ({ socket }) => {
    silent.delete(peerOf(socket))
  })
  return {
    closeSilent: () => {
      for (const peer of silent) open.get(peer)?.destroy()
    },
    closeAll: () => {
      for (const socket of open.values()) socket.destroy()
    },
  }
}

/** The TLS socket of a request and the socket below it have the peer in common. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
