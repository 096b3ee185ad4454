/**
 * The endpoint for workloads with a network of their own: containers on a bridge of this host. They ask in the App Service
 * style, each with its own secret, at addresses that other hosts and other users of this host can reach as well.
 *
 * @see docs/containers.md
 * @see docs/security.md#workloads
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIPv6 } from 'node:net'
import { styleOf } from '@landfast/protocol'
import { distantCaller } from '../caller/distant-caller.ts'
import { AgentError } from '../errors.ts'
import { AwaitedListener } from '../listening/awaited-listener.ts'
import { workloadHosts } from '../listening/workload-host.ts'
import { isWorkloadAddress, plainAddress } from '../workload/networks.ts'
import { withinBounds } from '../workload/workload-bound.ts'
import { createWorkloadCallers } from '../workload/workload-caller.ts'
import { workloadFolder } from '../workload/workload-folder.ts'
import { createPlaces } from '../workload/workload-places.ts'
import { Workloads } from '../workload/workloads.ts'
import { DecisionLog } from './decision-log.ts'
import type { Endpoint, EndpointParts } from './endpoint.ts'
import type { WorkloadEndpointOptions } from './endpoint-options.ts'
import { createEndpointServer } from './endpoint-server.ts'
import { createGate } from './gate.ts'
import { createReadRequest } from './read-requests.ts'
import { noteRefusals, RefusalLog } from './refusal-log.ts'
import { handleRequest } from './request.ts'
import type { TokenStations } from './token-request.ts'

/**
 * Starts the endpoint. Addresses that are not there yet are waited for.
 *
 * @throws {AgentError} `workload_address_refused`.
 */
export async function startWorkloadEndpoint(
  options: WorkloadEndpointOptions,
  parts: EndpointParts,
): Promise<Endpoint> {
  for (const { address } of options.listen) refuseOpen(address)
  const stations = stationsOf(options, parts)
  const answering = new Set<Promise<void>>()
  const listeners = options.listen.map((place) => listenerAt(place, { stations, answering, log: parts.log }))
  for (const listener of listeners) await listener.start()
  const [first] = options.listen
  return {
    location: {
      style: options.style,
      url: first ? urlOf(first.address, listeners[0]?.port ?? first.port) : '',
    },
    keys: undefined,
    waiting: () => listeners.find(({ waiting }) => waiting !== undefined)?.waiting,
    drain: () => {
      for (const listener of listeners) listener.drain()
    },
    stop: async (withinMs) => void (await Promise.all(listeners.map((listener) => listener.stop(withinMs)))),
    idle: async () => void (await Promise.all(answering)),
  }
}

function urlOf(address: string, port: number): string {
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}${styleOf('app-service').path}`
}

function refuseOpen(address: string): void {
  if (!isWorkloadAddress(address)) throw new AgentError('workload_address_refused', `"${address}"`)
}

/** What the listeners of one endpoint share. */
interface ListenerParts extends Pick<EndpointParts, 'log'> {
  readonly stations: TokenStations
  readonly answering: Set<Promise<void>>
}

function listenerAt(
  { address, port }: WorkloadEndpointOptions['listen'][number],
  { stations, answering, log }: ListenerParts,
): AwaitedListener {
  const onRefused = noteRefusals(stations.refusals, async ({ remoteAddress = '' }) =>
    distantCaller(plainAddress(remoteAddress)),
  )
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const answer = handleRequest({ tokens: stations, documents: undefined }, request, response)
    const done = answer.finally(() => answering.delete(done))
    answering.add(done)
  }
  return new AwaitedListener({
    ...{ address, port },
    createServer: () => createEndpointServer(handle, { style: stations.style, onRefused }),
    onWaiting: (error) =>
      log.warn({ address, port, code: error.code, err: error }, 'no workload is served at an address yet'),
    onListening: () => log.info({ address, port }, 'workloads are served at an address'),
  })
}

function stationsOf(options: WorkloadEndpointOptions, parts: EndpointParts): TokenStations {
  const { identities, missing, policy, guard, tokens, metrics, log, audit, limits, clock } = parts
  const { style: styleName, stateFolder, listen } = options
  const style = styleOf(styleName)
  const workloads = new Workloads(workloadFolder(stateFolder), {
    now: () => clock.now(),
    onBroken: (file, reason) => log.error({ file, reason }, 'a workload is not known: its file is no good'),
  })
  const callers = createWorkloadCallers({ style, workloads, monotonic: () => clock.monotonic() })
  const gate = createGate({
    style,
    isKnownSecret: (secret) => workloads.find(secret) !== undefined,
    namesHost: workloadHosts(listen.map(({ address }) => address)),
  })
  const boundOf = (name = '') => workloads.named(name)?.bound
  return {
    ...{ styleName, style, gate, identities, missing, guard, tokens, metrics, keys: undefined },
    read: createReadRequest(),
    findCaller: callers.find,
    admit: callers.admit,
    rate: createPlaces(),
    policy: withinBounds(boundOf, policy),
    refusals: new RefusalLog({ styleName, log, limit: limits.log }),
    decisions: audit && new DecisionLog({ styleName, own: identities.own, audit, refusals: limits.audit }),
  }
}
