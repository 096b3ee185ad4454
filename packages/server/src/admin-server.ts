/**
 * Health and metrics at an address of their own, never where applications or machines ask.
 *
 * Both servers have one: the agent for its host alone, the control plane for every host that can reach it. It is made of Node's
 * own server, since the agent loads no other.
 *
 * @see docs/metrics.md
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AdminAddress, listenAt } from './admin-address.ts'
import { type AdminPage, type AdminPages, jsonPage } from './admin-pages.ts'
import { BOUNDED_PIPELINE } from './connections/bounded-pipeline.ts'
import { checkWhileConnected } from './connections/connection-checks.ts'
import { watchConnections } from './connections/connections.ts'
import { createServer } from './node-http.ts'

/** Above what load balancers and Prometheus wait between two questions. */
const IDLE_MS = 72_000

const STOP_WITHIN_MS = 1000

/** What an admin server is made of. */
export interface AdminServerOptions {
  address: AdminAddress
  pages: AdminPages
  /** Whether a request to a port may name this host in its header. Default: it may name any. */
  isHostAllowed?: (host: string | undefined) => boolean
}

/** A running server. */
export interface AdminServer {
  stop(): Promise<void>
}

/**
 * Serves `pages` at `address`.
 *
 * @throws {AdminError} if that cannot be had.
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const server = createServer({ keepAliveTimeout: IDLE_MS, ...BOUNDED_PIPELINE }, (request, response) => {
    answer(options, request)
      .then((page) => send(response, page))
      .catch(() => response.destroy())
  })
  checkWhileConnected(server)
  const connections = watchConnections(server)
  await listenAt(server, options.address)
  return { stop: () => connections.close(STOP_WITHIN_MS) }
}

async function answer(
  { pages, isHostAllowed = () => true }: AdminServerOptions,
  { method = '', url = '', headers, socket }: IncomingMessage,
): Promise<AdminPage> {
  if (method !== 'GET' && method !== 'HEAD') return jsonPage(405, { error: 'method_not_allowed' })
  if (socket.remoteAddress && !isHostAllowed(headers.host))
    return jsonPage(400, { error: 'host_not_allowed' })
  const [path = '', query] = url.split('?', 2)
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined
  return page
    ? await page(new URLSearchParams(query))
    : jsonPage(404, { error: 'not_found', paths: Object.keys(pages) })
}

function send(response: ServerResponse, { status, contentType, body }: AdminPage): void {
  const headers = { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) }
  response.writeHead(status, headers).end(body)
}
