/**
 * Stops reading requests of a connection that was cut. Node reads all that the connection had sent at once, thousands of
 * requests, and keeps each of them until the connection has ended: those of some hundreds of connections are gigabytes.
 *
 * @see docs/security.md#floods
 * @module
 */

import type { ServerOptions } from 'node:http'
import type { Socket } from 'node:net'

const { IncomingMessage: NodeRequest } = process.getBuiltinModule('node:http')

/** A request that claims to go over to another protocol if its connection was cut: after such a one Node reads no other. */
class CutRequest extends NodeRequest {
  /** Not initialized: Node sets it before a class of ours may. */
  declare private isUpgrade: unknown

  get upgrade(): unknown {
    // Node takes the socket away from a request whose body is not read to its end.
    const { socket } = this as { socket: Socket | null }
    return this.isUpgrade || socket?.destroyed === true
  }

  set upgrade(value: unknown) {
    this.isUpgrade = value
  }
}

/** What a server needs for that. */
export const BOUNDED_PIPELINE: ServerOptions = { IncomingMessage: CutRequest }
