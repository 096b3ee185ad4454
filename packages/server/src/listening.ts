/**
 * The start of a server: done when it listens, and from then on no connection that fails ends the process.
 *
 * The agent listens so for applications, and both servers for the pages of their health.
 *
 * @module
 */

import type { ListenOptions, Server } from 'node:net'

/** Has `server` listen; a socket is made in this very call. @throws the system's error. */
export async function startListening(server: Server, options: ListenOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(options, resolve)
  await promise
  server.off('error', reject)
  // A connection that cannot be accepted, for want of descriptors, is its caller's loss and not the end of the server.
  server.on('error', () => {})
}
