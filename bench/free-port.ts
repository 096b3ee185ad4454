/**
 * A port of this host that is free now, for a program that must be told one.
 *
 * @module
 */

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** The system gives it; nothing keeps it from being taken by another program. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
