/**
 * Stops reading requests of a connection that was cut. Node reads all that the connection had sent at once, thousands of
 * requests, and keeps each of them until the connection has ended: those of some hundreds of connections are gigabytes.
 *
 * @see docs/security.md#floods
 * @module
 */

import type { IncomingMessage, ServerOptions } from 'node:http'

const { IncomingMessage: NodeRequest } = process.getBuiltinModule('node:http')

/** A request that claims to go over to another protocol if its connection was cut: after such a one Node reads no other. */
class CutRequest extends NodeRequest {
  /** Not initialized: Node sets it before a class of ours may. */
  declare private isUpgrade: unknown

  get upgrade(): unknown {
    return this.isUpgrade || (this as IncomingMessage).socket.destroyed
  }

  set upgrade(value: unknown) {
    this.isUpgrade = value
  }
}

/** What a server needs for that. */
export const BOUNDED_PIPELINE: ServerOptions = { IncomingMessage: CutRequest }
