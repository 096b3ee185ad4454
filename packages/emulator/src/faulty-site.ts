/**
 * A site whose endpoint can be told to have faults: what `createEmulator`, `landfast run` and `landfast dev` start.
 *
 * @module
 */

import { join } from 'node:path'
import type { EndpointOptions } from '@landfast/agent'
import type { StyleName } from '@landfast/protocol'
import { EmulatedMachine, type MachineIdentity } from './administration/emulated-machine.ts'
import { makeIdentity } from './administration/identities.ts'
import { openResourceManager, type ResourceManager } from './administration/resource-manager.ts'
import type { FaultOptions } from './faults/fault.ts'
import { type FaultSocket, serveFaults } from './faults/fault-socket.ts'
import { FaultyEndpoint } from './faults/faulty-endpoint.ts'
import type { StandingFault } from './faults/standing-faults.ts'
import { RequestLog } from './requests/request-log.ts'
import { AssignedIdentities } from './site/assigned-identities.ts'
import { type Site, type SiteOptions, startSite } from './site/site.ts'

/** The identity whose tokens are answered in place of another's. */
const STRANGER = 'landfast-stranger'

/** The folder, in that of the site, for key files that are to be outside the key folder. */
const ELSEWHERE = 'elsewhere'

/** What is to be started: a site with one endpoint. */
export interface FaultySiteOptions
  extends Omit<SiteOptions, 'intercept' | 'endpoints' | 'beforeStop' | 'membership'> {
  endpoint: EndpointOptions & { style: StyleName }
  /** The faults that it has from the start. */
  faults?: readonly FaultOptions[] | undefined
  /** The user-assigned identities of its machine. */
  identities?: readonly MachineIdentity[] | undefined
  /** The path of a socket by which another program tells it to have more faults, and its machine other identities. */
  socket?: string | undefined
}

/** A running site, and what makes its faults. */
export interface FaultySite {
  readonly site: Site
  readonly endpoint: FaultyEndpoint
  /** What the endpoint was asked. */
  readonly log: RequestLog
  /** Its machine, which has the identities of the options. */
  readonly machine: EmulatedMachine
  /** The faults of the options, in their order, each as it stands. */
  readonly faults: readonly StandingFault[]
  /** The Resource Manager of the site; opened when it is first asked for, and closed with the site. */
  manager(): Promise<ResourceManager>
}

/**
 * Starts one.
 *
 * @throws {EmulatorError} `fault_invalid`, or what `startSite` throws; nothing is left running.
 */
export async function startFaultySite(options: FaultySiteOptions): Promise<FaultySite> {
  const { endpoint: endpointOptions, faults = [], identities = [], socket: path, ...others } = options
  const log = new RequestLog()
  const membership = new AssignedIdentities()
  let opened: Promise<ResourceManager> | undefined
  const manager = () => {
    opened ??= openResourceManager(site)
    return opened
  }
  const endpoint = new FaultyEndpoint({
    style: endpointOptions.style,
    log,
    elsewhere: join(options.folder, ELSEWHERE),
    behind: () => ({
      suspend: site.suspend,
      makeToken: site.makeToken,
      strangerId: async () =>
        (await makeIdentity(await manager(), site.identity.resourceId, STRANGER)).clientId,
    }),
  })
  let socket: FaultSocket | undefined
  const beforeStop = async () => {
    await socket?.stop()
    await endpoint.end().finally(() => opened?.then((it) => it.close()).catch(() => {}))
  }
  const endpoints = [endpointOptions]
  const intercept = endpoint.intercept
  const site = await startSite({ ...others, endpoints, intercept, membership, beforeStop })
  try {
    const machine = new EmulatedMachine({ manager, membership, identity: site.identity })
    await machine.make(identities)
    const standing: StandingFault[] = []
    for (const fault of faults) standing.push(await endpoint.add(fault))
    if (path !== undefined) socket = await serveFaults({ path, endpoint, log, machine })
    return { site, endpoint, log, machine, faults: standing, manager }
  } catch (error) {
    await site.stop().catch(() => {})
    throw error
  }
}
