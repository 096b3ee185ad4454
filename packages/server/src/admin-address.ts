/**
 * Where health and metrics are: on a Unix socket that its owner alone may connect to, or on a port.
 *
 * @module
 */

import { lstat, rm } from 'node:fs/promises'
import { connect, type ListenOptions, type Server } from 'node:net'
import { AdminError, type AdminErrorCode } from './admin-error.ts'
import { startListening } from './listening.ts'

/** Where health and metrics are. */
export type AdminAddress = { socket: string } | { host: string; port: number }

/** The longest path of a Unix socket on Linux. */
export const SOCKET_PATH_MAX_BYTES = 107

/** No other user may connect to it. */
const SOCKET_UMASK = 0o177

/** Has `server` listen at `address`. @throws {AdminError} if that cannot be had. */
export async function listenAt(server: Server, address: AdminAddress): Promise<void> {
  if ('port' in address) return await start(server, address, `${address.host} port ${address.port}`)
  const { socket: path } = address
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX_BYTES)
    throw new AdminError('admin_path_long', { detail: path })
  if (await isDead(path)) await rm(path, { force: true })
  // The socket is made in this very call, so no other user can connect to it in between.
  const mask = process.umask(SOCKET_UMASK)
  const started = start(server, { path }, path)
  process.umask(mask)
  await started
}

async function start(server: Server, options: ListenOptions, detail: string): Promise<void> {
  try {
    await startListening(server, options)
  } catch (cause) {
    throw new AdminError(codeOf(cause as NodeJS.ErrnoException), { detail: detail, cause: cause })
  }
}

function codeOf({ code }: NodeJS.ErrnoException): AdminErrorCode {
  if (code === 'EADDRINUSE') return 'admin_taken'
  return code === 'EACCES' || code === 'EPERM' ? 'admin_forbidden' : 'admin_unusable'
}

/** Whether it is a socket at which no server listens any more: one that was killed left it behind. */
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
