/**
 * A whole Landfast in one process: a control plane, a machine enrolled with it, and an agent that gets its tokens there over
 * HTTPS as any other would.
 *
 * @module
 */

import { join } from 'node:path'
import {
  type AdminAddress,
  type Agent,
  type AgentError,
  type AgentMembership,
  createAgent,
  createAttestationCertifier,
  createControlPlaneSource,
  type EndpointOptions,
  type Intercept,
  type MachineFacts,
  type Registration,
  removeTokenFiles,
  type TokenFileEntry,
  type TokenFileStanding,
} from '@landfast/agent'
import { type ControlPlane, createControlPlane, type OwnTokenWish } from '@landfast/control-plane'
import type { EndpointLocation, Identity } from '@landfast/protocol'
import type { Logger } from 'pino'
import { trueClock, trueDate } from '../true-clock.ts'
import { proveReachable } from './loopback.ts'
import { register } from './site-machine.ts'
import { type Stoppable, stopParts } from './started-parts.ts'

/** What is to be started. */
export interface SiteOptions {
  /** Holds all that is kept; whoever starts the same folder again meets the same tenant, machine and identities. */
  folder: string
  /** The machine's name, should it be new. */
  machineName: string
  endpoints: readonly EndpointOptions[]
  admin?: AdminAddress | undefined
  /** Path of the policy file. */
  policy?: string | undefined
  /** Path of the audit log. */
  auditLog?: string | undefined
  tokenFiles?: readonly TokenFileEntry[]
  /** What documents tell of the machine beside its resource. */
  facts?: MachineFacts
  /** Tells the agent of user-assigned identities. */
  membership?: AgentMembership | undefined
  /** Stands before every answer of the endpoints. */
  intercept?: Intercept | undefined
  /** Done first of all when the site stops. */
  beforeStop?: (() => Promise<void>) | undefined
  /** Puts into words why the state in the folder cannot be used. */
  explainState?: (error: unknown) => unknown
  log?: Logger
  /** Told when the agent has to stop by itself. */
  onFailure?: ((error: AgentError) => void) | undefined
}

/** A running site. */
export interface Site {
  /** The first endpoint's. @throws {TypeError} in a site without endpoints. */
  readonly location: EndpointLocation
  /** Every endpoint's, in the order of the options. */
  readonly locations: readonly EndpointLocation[]
  /** How each token file stood when everything had started. */
  readonly tokenFiles: readonly TokenFileStanding[]
  readonly identity: Identity
  readonly controlPlaneUrl: string
  /** The path of the certificate by which the control plane is known. */
  readonly caFile: string
  /** The path of the file with the administrator's credential. */
  readonly administratorFile: string | undefined
  /** A token of any identity of the control plane, with times of the caller's choice. */
  makeToken(wish: OwnTokenWish): Promise<string>
  /** The endpoints have no address until the function is called that this resolves to. */
  suspend(): Promise<() => Promise<void>>
  /** @throws {AggregateError} if a part did not stop cleanly; the others are stopped all the same. */
  stop(): Promise<void>
}

/**
 * Starts a site whose state is in `options.folder`; the machine keeps the identity it has there.
 *
 * @throws {AgentError} if the endpoint cannot be served; nothing is left running.
 * @throws {EmulatorError} `registration_foreign` if the machine in the folder is not one of the control plane there.
 */
export async function startSite(options: SiteOptions): Promise<Site> {
  const started: Stoppable[] = []
  const stop = (): Promise<void> => stopParts(started)
  try {
    const controlPlane = makeControlPlane(options)
    started.push(controlPlane)
    const registration = await register(options, controlPlane).catch((error) => {
      throw options.explainState?.(error) ?? error
    })
    await proveReachable(controlPlane.url)
    const agent = await makeAgent(options, registration, controlPlane)
    // Who asked for token files is gone with the agent.
    started.push({ stop: async () => void (await removeTokenFiles(options.folder)) }, agent)
    await agent.start()
    if (options.beforeStop) started.push({ stop: options.beforeStop })
    return describe(agent, { registration, controlPlane, stop })
  } catch (error) {
    // Why it did not start says more than what is in the way of undoing that.
    await stop().catch(() => {})
    throw error
  }
}

interface SiteParts extends Pick<Site, 'stop'> {
  registration: Registration
  controlPlane: ControlPlane
}

function describe(agent: Agent, { registration, controlPlane, stop }: SiteParts): Site {
  const { locations, tokenFiles } = agent
  const { identity } = registration
  const { url, caFile, administratorFile } = controlPlane
  return {
    get location() {
      const [location] = locations
      if (!location) throw new TypeError('this site has no endpoint')
      return location
    },
    locations,
    tokenFiles,
    identity,
    controlPlaneUrl: url,
    caFile,
    administratorFile,
    makeToken: (wish) => controlPlane.makeToken(wish),
    suspend: () => agent.suspend(),
    stop,
  }
}

function makeControlPlane({ folder, log }: SiteOptions): ControlPlane {
  return createControlPlane({
    stateFolder: join(folder, 'control-plane'),
    // What Azurite, and other software that knows Entra only, wants to see.
    now: trueDate,
    issuerV1: (tenantId) => `https://sts.windows.net/${tenantId}/`,
    ...(log && { log }),
  })
}

async function makeAgent(
  options: SiteOptions,
  registration: Registration,
  controlPlane: ControlPlane,
): Promise<Agent> {
  const { folder, endpoints, admin, policy, auditLog, intercept, membership } = options
  const { log, onFailure, tokenFiles = [] } = options
  const { location, vmId, tags } = (await controlPlane.findMachine(registration.identity.resourceId)) ?? {}
  const facts = { ...options.facts, location, vmId, tags }
  const upstream = { registration, now: trueClock.now, ...(log && { log }) }
  return createAgent({
    endpoints,
    admin,
    policy,
    auditLog,
    intercept,
    membership,
    tokenFiles: { entries: tokenFiles, stateFolder: folder },
    identity: registration.identity,
    source: createControlPlaneSource(upstream),
    facts: () => facts,
    clock: trueClock,
    certifyAttestation: createAttestationCertifier(upstream),
    ...(log && { log }),
    ...(onFailure && { onFailure }),
  })
}
