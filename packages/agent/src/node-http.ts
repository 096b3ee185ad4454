/**
 * Node's HTTP server without the rest of its module. An `import` of `node:http` reads every export to build the
 * module's namespace, and one of them loads a whole WebSocket client: 12 MiB and a third of the time to start.
 *
 * @see docs/performance.md#start-and-memory
 * @module
 */

export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http')
