/**
 * An agent of `node:https` whose connections are tunnels through a proxy. In each tunnel the TLS of the target is verified
 * exactly as without a proxy.
 *
 * @module
 */

import { Agent, type AgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import type { ChosenProxy } from './proxies.ts'
import { openTunnel } from './tunnel.ts'

/** An agent with `options` whose connections go through `proxy`. */
export function createProxiedAgent(proxy: ChosenProxy, options: AgentOptions): Agent {
  return new ProxiedAgent(proxy, options)
}

type Connected = (error: Error | null, socket?: Duplex) => void

class ProxiedAgent extends Agent {
  readonly #proxy: ChosenProxy

  constructor(proxy: ChosenProxy, options: AgentOptions) {
    super(options)
    this.#proxy = proxy
  }

  /** Called by Node.js whenever no kept connection is free. */
  override createConnection(options: ConnectionOptions & { signal?: AbortSignal }, connected: Connected) {
    const { host = '', port = 443, signal } = options
    openTunnel(this.#proxy, { host, port: Number(port) }, { signal }).then((socket) => {
      const inTunnel: ConnectionOptions = { ...options, socket }
      connected(null, super.createConnection(inTunnel) ?? undefined)
    }, connected)
    return undefined
  }
}
