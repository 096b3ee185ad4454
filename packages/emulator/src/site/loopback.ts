/**
 * Whether this host reaches itself: in a network namespace of its own a program can listen before any client can connect.
 *
 * @module
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import { AgentError } from '@landfast/agent'

/** @throws {AgentError} `address_missing` if nobody can connect to `url`, where this process listens. */
export async function proveReachable(url: string): Promise<void> {
  const { hostname: host, port } = new URL(url)
  const socket = connect({ host, port: Number(port) })
  try {
    await once(socket, 'connect')
  } catch (cause) {
    throw new AgentError('address_missing', host, cause)
  } finally {
    socket.destroy()
  }
}
