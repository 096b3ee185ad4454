/**
 * The end of a server whose connections last: those that are open end with it, also in the middle of their handshake.
 *
 * @module
 */

import type { Server, Socket } from 'node:net'

/** Ends `server` when it is called. Made before the server listens, so that it knows every connection. */
export function stopperOf(server: Server): () => Promise<void> {
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    for (const socket of open) socket.destroy()
    await promise
  }
}
