/**
 * A whole Landfast on this machine: a control plane, this machine enrolled with it, and an agent that gets
 * its tokens there over HTTPS as any other would.
 *
 * @module
 */

import { join } from 'node:path'
import type {
  AdminAddress,
  Agent,
  AgentError,
  EndpointOptions,
  Registration,
  TokenFileEntry,
} from '@landfast/agent'
import type { ControlPlane } from '@landfast/control-plane'
import type { EndpointLocation, Identity } from '@landfast/protocol'
import type { Logger } from 'pino'
import { explainState } from '../files/state-failure.ts'
import type { LogLevel } from '../log/json-log.ts'
import { openPinoLog } from '../log/log.ts'
import { describeHost } from '../machine/host-description.ts'
import { register } from './local-machine.ts'
import { refuseUnwritten } from './run-token-files.ts'
import { type Stoppable, stopParts } from './started-parts.ts'

/** The audit log's name in the state folder. */
export const AUDIT_FILE = 'audit.jsonl'

/** What is to be started. */
export interface SiteOptions {
  folder: string
  endpoints: readonly EndpointOptions[]
  admin?: AdminAddress
  /** Path of the policy file. */
  policy?: string | undefined
  tokenFiles?: readonly TokenFileEntry[]
  logLevel: LogLevel
  /** Told when the agent has to stop by itself. */
  onFailure?: (error: AgentError) => void
}

/** A running site. */
export interface Site {
  /** The first endpoint's. @throws {TypeError} in a site without endpoints. */
  readonly location: EndpointLocation
  /** Every endpoint's, in the order of the options. */
  readonly locations: readonly EndpointLocation[]
  readonly identity: Identity
  readonly controlPlaneUrl: string
  /** The path of the certificate by which the control plane is known. */
  readonly caFile: string
  /** The path of the file with the administrator's credential. */
  readonly administratorFile: string | undefined
  /** @throws {AggregateError} if a part did not stop cleanly; the others are stopped all the same. */
  stop(): Promise<void>
}

/**
 * Starts a site whose state is in `options.folder`; the machine keeps the identity it has there.
 *
 * @throws {AgentError} if the endpoint cannot be served; nothing is left running.
 */
export async function startSite(options: SiteOptions): Promise<Site> {
  const started: Stoppable[] = []
  const stop = (): Promise<void> => stopParts(started)
  try {
    const log = await openPinoLog(options.logLevel)
    const controlPlane = await makeControlPlane(options.folder, log)
    started.push(controlPlane)
    const registration = await register(options.folder, controlPlane).catch((error) => {
      throw explainState(error, options.folder)
    })
    const agent = await makeAgent(options, { registration, controlPlane, log })
    started.push({ stop: () => removeFiles(options.folder) }, agent)
    await agent.start()
    refuseUnwritten(agent.tokenFiles)
    const { identity } = registration
    const { locations } = agent
    return {
      get location() {
        const [location] = locations
        if (!location) throw new TypeError('this site has no endpoint')
        return location
      },
      locations,
      identity,
      controlPlaneUrl: controlPlane.url,
      caFile: controlPlane.caFile,
      administratorFile: controlPlane.administratorFile,
      stop,
    }
  } catch (error) {
    // Why it did not start says more than what is in the way of undoing that.
    await stop().catch(() => {})
    throw error
  }
}

/** Starts a site, and undoes that again, before it rejects, if `interrupted` rejects first. */
export async function startSiteUnless(interrupted: Promise<never>, options: SiteOptions): Promise<Site> {
  const starting = startSite(options)
  try {
    return await Promise.race([starting, interrupted])
  } catch (error) {
    await starting.then((site) => site.stop()).catch(() => {})
    throw error
  }
}

async function makeControlPlane(folder: string, log: Logger): Promise<ControlPlane> {
  const { createControlPlane } = await import('@landfast/control-plane')
  return createControlPlane({
    stateFolder: join(folder, 'control-plane'),
    // What Azurite, and other software that knows Entra only, wants to see.
    issuerV1: (tenantId) => `https://sts.windows.net/${tenantId}/`,
    log,
  })
}

interface AgentParts {
  registration: Registration
  controlPlane: ControlPlane
  log: Logger
}

async function makeAgent(
  options: SiteOptions,
  { registration, controlPlane, log }: AgentParts,
): Promise<Agent> {
  const { createAgent, createAttestationCertifier, createControlPlaneSource } = await import(
    '@landfast/agent'
  )
  const { endpoints, admin, policy, onFailure, tokenFiles = [] } = options
  const { location, vmId, tags } = (await controlPlane.findMachine(registration.identity.resourceId)) ?? {}
  const facts = { ...describeHost(), location, vmId, tags }
  return createAgent({
    endpoints,
    admin,
    policy,
    tokenFiles: { entries: tokenFiles, stateFolder: options.folder },
    auditLog: join(options.folder, AUDIT_FILE),
    identity: registration.identity,
    source: createControlPlaneSource({ registration, log }),
    facts: () => facts,
    certifyAttestation: createAttestationCertifier({ registration, log }),
    log,
    ...(onFailure && { onFailure }),
  })
}

/** Who asked for them is gone. */
async function removeFiles(folder: string): Promise<void> {
  const { removeTokenFiles } = await import('@landfast/agent')
  await removeTokenFiles(folder)
}
