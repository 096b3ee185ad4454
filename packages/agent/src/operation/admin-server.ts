/**
 * Health, metrics and status of the agent, on a Unix socket or a loopback port of their own, never where applications
 * ask.
 *
 * @see docs/metrics.md
 * @module
 */

import {
  AdminError,
  type AdminServer,
  type Health,
  healthPages,
  jsonPage,
  startAdminServer as startServer,
} from '@landfast/server'
import { AgentError } from '../errors.ts'
import { explainListenError } from '../listening/listener.ts'
import { isLocalHost } from '../listening/local-host.ts'

const LOOPBACK = '127.0.0.1'

/** Where health and metrics are. */
export type AdminAddress = { socket: string } | { port: number }

/** Where metrics are for other hosts. */
export interface MetricsAddress {
  host: string
  port: number
}

/** What is asked for the pages. */
export interface AdminPages extends Health {
  /** How the machine stands with its control plane; undefined for an agent that keeps no touch with one. */
  status: () => object | undefined
  /** How each token file stands. */
  tokenFiles: () => readonly object[]
}

/**
 * Serves `/livez`, `/readyz`, `/metrics`, `/status` and `/token-files`. A socket is readable by its owner alone; a port answers those
 * alone who call this host by a name of its own.
 *
 * @throws {AgentError} `admin_taken`, `admin_path_long` or `address_missing`.
 */
export async function startAdminServer(address: AdminAddress, pages: AdminPages): Promise<AdminServer> {
  try {
    return await startServer({
      address: 'port' in address ? { host: LOOPBACK, port: address.port } : address,
      pages: {
        ...healthPages(pages),
        '/status': () => jsonPage(200, { ...pages.status() }),
        '/token-files': () => jsonPage(200, { tokenFiles: pages.tokenFiles() }),
      },
      isHostAllowed: isLocalHost,
    })
  } catch (error) {
    if (!(error instanceof AdminError)) throw error
    throw 'port' in address
      ? explainPort(error, { host: LOOPBACK, port: address.port })
      : explainSocket(error, address.socket)
  }
}

/**
 * Serves `/metrics` and `/livez` to whoever reaches `address`: nothing there is a secret, or changes anything.
 *
 * @throws {AgentError} `admin_taken` or `address_missing`.
 */
export async function startMetricsServer(
  address: MetricsAddress,
  metrics: AdminPages['metrics'],
): Promise<AdminServer> {
  const whyNotReady = async () => undefined
  const { '/metrics': page, '/livez': alive } = healthPages({ whyNotReady, metrics })
  const pages = { ...(page && { '/metrics': page }), ...(alive && { '/livez': alive }) }
  try {
    return await startServer({ address, pages })
  } catch (error) {
    throw error instanceof AdminError ? explainPort(error, address) : error
  }
}

function explainPort({ cause }: AdminError, address: MetricsAddress): unknown {
  const error = explainListenError(cause as NodeJS.ErrnoException, address)
  if (!(error instanceof AgentError) || error.code === 'address_missing') return error
  return new AgentError('admin_taken', error.message, error)
}

function explainSocket({ code, cause }: AdminError, path: string): AgentError {
  if (code === 'admin_path_long') {
    return new AgentError('admin_path_long', `"${path}" has ${Buffer.byteLength(path)} bytes`)
  }
  const reason = code === 'admin_taken' ? '' : ` (${(cause as NodeJS.ErrnoException).code})`
  return new AgentError('admin_taken', `"${path}"${reason}`, cause)
}
