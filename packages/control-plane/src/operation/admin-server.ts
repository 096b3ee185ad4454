/**
 * Health and metrics on an address of their own: a Unix socket, or a port for whoever may reach it.
 *
 * @see ../../../../docs/metrics.md
 * @module
 */

import { lstat, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { AdminError, type AdminErrorCode } from './admin-error.ts'
import { addHealthRoutes } from './health-routes.ts'
import type { MetricsPage } from './metrics.ts'
import type { WhyNotReady } from './readiness.ts'

/** Where health and metrics are. */
export type AdminAddress = { socket: string } | { host: string; port: number }

/** The longest path of a Unix socket on Linux. */
const SOCKET_PATH_MAX_BYTES = 107

/** Nobody else may connect to it. */
const SOCKET_UMASK = 0o177

/** A running server. */
export interface AdminServer {
  close(): Promise<void>
}

/**
 * Serves `/livez`, `/readyz` and `/metrics` at `address`.
 *
 * @throws {AdminError} if that cannot be had.
 */
export async function startAdminServer(
  address: AdminAddress,
  pages: { whyNotReady: WhyNotReady; metrics: () => Promise<MetricsPage> },
): Promise<AdminServer> {
  const server = fastify({ forceCloseConnections: true })
  addHealthRoutes(server, pages.whyNotReady)
  server.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await pages.metrics()
    reply.type(contentType)
    return body
  })
  try {
    await listen(server, address)
  } catch (error) {
    await server.close()
    throw error
  }
  return { close: () => server.close() }
}

async function listen(server: FastifyInstance, address: AdminAddress): Promise<void> {
  await server.ready()
  if ('port' in address) return listenAt(server, address, `${address.host} port ${address.port}`)
  const { socket } = address
  if (Buffer.byteLength(socket) > SOCKET_PATH_MAX_BYTES) throw new AdminError('admin_path_long', socket)
  if (await isDead(socket)) await rm(socket, { force: true })
  // The socket is made in this very call, so nobody else can connect to it for a moment.
  const mask = process.umask(SOCKET_UMASK)
  const listening = listenAt(server, { path: socket }, socket)
  process.umask(mask)
  await listening
}

/** Not by Fastify, which listens only some turns of the event loop later. */
async function listenAt(
  { server }: FastifyInstance,
  options: { path: string } | { host: string; port: number },
  detail: string,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(options, resolve)
  try {
    await promise
  } catch (cause) {
    throw new AdminError(codeOf(cause as NodeJS.ErrnoException), detail, cause)
  }
  server.off('error', reject)
}

function codeOf({ code }: NodeJS.ErrnoException): AdminErrorCode {
  if (code === 'EADDRINUSE') return 'admin_taken'
  return code === 'EACCES' || code === 'EPERM' ? 'admin_forbidden' : 'admin_unusable'
}

/** Whether it is a socket at which nobody listens any more: a control plane that was killed left it behind. */
async function isDead(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  if (!found?.isSocket()) return false
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(false)
    }).once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
}
