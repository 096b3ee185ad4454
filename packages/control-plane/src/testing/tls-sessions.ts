/**
 * TLS sessions as clients keep them. Not published.
 *
 * @module
 */

import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'

/** A session with the server at `url`, whose certificate `ca` issued. */
export async function beginSession(url: string, ca: string | Buffer): Promise<Buffer> {
  const socket = open(url, ca)
  const [session] = await once(socket.resume(), 'session')
  socket.destroy()
  return session as Buffer
}

/** Whether the server at `url` takes `session` up again. */
export async function resumes(session: Buffer, url: string, ca: string | Buffer): Promise<boolean> {
  const socket = open(url, ca, session)
  await once(socket, 'secureConnect')
  const isResumed = socket.isSessionReused()
  socket.destroy()
  return isResumed
}

function open(url: string, ca: string | Buffer, session?: Buffer): TLSSocket {
  const { hostname: host, port } = new URL(url)
  return connect({ host, port: Number(port), ca, ...(session && { session }) })
}
