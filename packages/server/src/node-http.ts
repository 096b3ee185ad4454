/**
 * Node's HTTP server without the rest of its module. An `import` of `node:http` reads every export to build the
 * module's namespace, and one of them loads a whole WebSocket client: 12 MiB and a third of the time to start.
 *
 * @see docs/performance.md#start-and-memory-of-the-agent
 * @module
 */

import type { Server, ServerOptions } from 'node:https'

export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http')

/** The same over TLS; loaded by the one style that has it. */
export function createTlsServer(options: ServerOptions): Server {
  return process.getBuiltinModule('node:https').createServer(options)
}
