/**
 * Health and metrics, on a Unix socket or a loopback port of their own, never where applications ask.
 *
 * @see docs/metrics.md
 * @module
 */

import { lstatSync, rmSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { createServer, watchConnections } from '@landfast/server'
import { AgentError } from '../errors.ts'
import { listen } from '../listening/listener.ts'
import { isLocalHost } from '../listening/local-host.ts'
import type { MetricsPage } from './metrics.ts'

/** The longest path of a Unix socket on Linux. */
const SOCKET_PATH_MAX_BYTES = 107

const STOP_WITHIN_MS = 1000

const PATHS = ['/livez', '/readyz', '/metrics', '/status'] as const

/** Where health and metrics are. */
export type AdminAddress = { socket: string } | { port: number }

/** What is asked for the pages. */
export interface AdminPages {
  /** Undefined when a token can be served now, otherwise why not. */
  whyNotReady: () => Promise<string | undefined>
  metrics: () => Promise<MetricsPage>
  /** How the machine stands with its control plane; undefined for an agent that keeps no touch with one. */
  status: () => object | undefined
}

/** A running server. */
export interface AdminServer {
  stop(): Promise<void>
}

/**
 * Serves `/livez`, `/readyz`, `/metrics` and `/status`. A socket is readable by its owner alone.
 *
 * @throws {AgentError} `admin_taken` and the codes of a listener.
 */
export async function startAdminServer(address: AdminAddress, pages: AdminPages): Promise<AdminServer> {
  const server = createServer((request, response) => {
    respond(pages, request, response).catch(() => response.destroy())
  })
  const connections = watchConnections(server)
  if ('port' in address) await listenOnPort(server, address.port)
  else await listenOnSocket(server, address.socket)
  return { stop: () => connections.close(STOP_WITHIN_MS) }
}

async function respond(pages: AdminPages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET') return send(response, 405, { error: 'method_not_allowed' })
  if (request.socket.remoteAddress && !isLocalHost(request.headers.host)) {
    return send(response, 400, { error: 'host_not_allowed' })
  }
  switch (request.url) {
    case '/livez':
      return send(response, 200, { status: 'alive' })
    case '/readyz':
      return sendReadiness(response, await pages.whyNotReady())
    case '/metrics':
      return sendMetrics(response, await pages.metrics())
    case '/status':
      return send(response, 200, { ...pages.status() })
    default:
      return send(response, 404, { error: 'not_found', paths: PATHS })
  }
}

function sendReadiness(response: ServerResponse, reason: string | undefined): void {
  if (reason === undefined) send(response, 200, { status: 'ready' })
  else send(response, 503, { status: 'not ready', reason })
}

function sendMetrics(response: ServerResponse, page: MetricsPage): void {
  response.writeHead(200, { 'Content-Type': page.contentType }).end(page.body)
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}

async function listenOnPort(server: Server, port: number): Promise<void> {
  try {
    await listen(server, { host: '127.0.0.1', port })
  } catch (error) {
    if (!(error instanceof AgentError) || error.code === 'address_missing') throw error
    throw new AgentError('admin_taken', error.message, error)
  }
}

async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX_BYTES) {
    throw new AgentError('admin_path_long', `"${path}" has ${Buffer.byteLength(path)} bytes`)
  }
  if (await isTaken(path)) throw new AgentError('admin_taken', `"${path}"`)
  rmSync(path, { force: true })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  // The socket is made in this very call, so nobody else can connect to it for a moment.
  const mask = process.umask(0o177)
  server.listen(path, resolve)
  process.umask(mask)
  await promise.catch((cause: NodeJS.ErrnoException) => {
    throw new AgentError('admin_taken', `"${path}" (${cause.code})`, cause)
  })
}

/** Free is nothing, or a socket at which nobody listens: an agent that was killed left it behind. */
async function isTaken(path: string): Promise<boolean> {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return false
  return !stats.isSocket() || !(await isDead(path))
}

function isDead(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => {
      socket.destroy()
      resolve(false)
    }).once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
}
