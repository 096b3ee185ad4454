/**
 * The ways to a control plane over HTTPS: directly, or through a proxy. Both keep connections open, and both believe the
 * certificates of the same CAs; through a proxy also those that are known by its own CA.
 *
 * TLS is loaded with the first request: with it a thread begins to read every CA that Node.js brings, beside an agent that
 * starts.
 *
 * @see docs/proxy.md
 * @module
 */

import type { Agent, AgentOptions } from 'node:https'
import type { SecureContext } from 'node:tls'
import { trustedRoots } from '@landfast/server'
import { createProxiedAgent, describeChoice, type Proxies, type ProxyChoice } from '@landfast/server/proxy'

const MIN_VERSION = 'TLSv1.2'

/** Connections kept open between requests. */
const KEPT_CONNECTIONS = 4

/** By what the certificate of a control plane is believed. */
export interface HttpsTrust {
  /** PEM, one or more. Without it those of the CAs that this host trusts. */
  ca?: string | undefined
  /** Whether these count beside `ca`. */
  usesSystemCa?: boolean | undefined
  /** Verifies nothing: for answers that are checked by other means, and never to send a secret. */
  isUntrusting?: boolean
}

/** One way. */
export interface HttpsWay {
  agent: Agent
  /** An agent for one look that verifies no certificate. */
  untrusting(): Agent
  /** What messages say of it: nothing, or ", through the proxy …". */
  note: string
}

/** The ways of one client. */
export interface HttpsWays {
  /** @throws {ProxyError} if the proxy for `url` cannot be used. */
  to(url: string): HttpsWay
  close(): void
}

/** The ways of a client with this trust. Nothing is opened before the first request. */
export function createHttpsWays(trust: HttpsTrust, proxies: Proxies | undefined): HttpsWays {
  const agents = new Map<string, Agent>()
  return {
    to(url) {
      const choice: ProxyChoice = proxies?.choose(new URL(url)) ?? { proxy: undefined, reason: 'none' }
      const key = choice.proxy?.address.url ?? ''
      const agent = agents.get(key) ?? openAgent(choice, optionsOf(trust, choice))
      agents.set(key, agent)
      return {
        agent,
        untrusting: () => openAgent(choice, { rejectUnauthorized: false }),
        note: choice.proxy ? `, ${describeChoice(choice)}` : '',
      }
    },
    close() {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}

function openAgent({ proxy }: ProxyChoice, options: AgentOptions): Agent {
  const { Agent } = process.getBuiltinModule('node:https')
  return proxy ? createProxiedAgent(proxy, options) : new Agent(options)
}

/** What is trusted is put together once, and with the first request: there may be hundreds of CAs. */
function optionsOf(trust: HttpsTrust, { proxy }: ProxyChoice): AgentOptions {
  const kept = { keepAlive: true, maxFreeSockets: KEPT_CONNECTIONS, minVersion: MIN_VERSION } as const
  // Set here, so that the variable NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off.
  if (trust.isUntrusting) return { ...kept, rejectUnauthorized: false }
  return { ...kept, rejectUnauthorized: true, secureContext: trustedBy(trust, proxy?.ca) }
}

function trustedBy({ ca, usesSystemCa = false }: HttpsTrust, proxyCa: string | undefined): SecureContext {
  const own = [ca, proxyCa].filter((pem) => pem !== undefined)
  const { createSecureContext } = process.getBuiltinModule('node:tls')
  const roots = usesSystemCa || ca === undefined ? trustedRoots() : []
  return createSecureContext({ ca: [...own, ...roots], minVersion: MIN_VERSION })
}
