/**
 * An agent of `node:https` whose connections are tunnels through a proxy. In each tunnel the TLS of the target is verified
 * exactly as without a proxy.
 *
 * @module
 */

import type { Agent, AgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import type { ChosenProxy } from './proxies.ts'
import { openTunnel } from './tunnel.ts'

/** What a request says to its agent beside what Node.js knows. */
export interface TunnelRequest {
  /** The signal of the request, which Node.js keeps from agents: it ends a tunnel in the making. */
  tunnelSignal?: AbortSignal
}

type Connected = (error: Error | null, socket?: Duplex) => void

/** An agent with `options` whose connections go through `proxy`; each tunnel must be open in `milliseconds`. */
export function createProxiedAgent(proxy: ChosenProxy, options: AgentOptions, milliseconds?: number): Agent {
  // Loaded here, since the rest of this package's entry needs no TLS.
  const { Agent } = process.getBuiltinModule('node:https')
  const agent = new Agent(options)
  const connectTls = agent.createConnection.bind(agent)
  /** Called by Node.js whenever no kept connection is free. */
  agent.createConnection = (given: ConnectionOptions & TunnelRequest, connected: Connected) => {
    const { host = '', port = 443, tunnelSignal: signal } = given
    openTunnel(proxy, { host, port: Number(port) }, { signal, milliseconds }).then((socket) => {
      const inTunnel: ConnectionOptions = { ...given, socket }
      connected(null, connectTls(inTunnel) ?? undefined)
    }, connected)
    return undefined
  }
  return agent
}
