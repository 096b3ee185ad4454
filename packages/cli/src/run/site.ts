/**
 * A whole Landfast on this machine: a control plane, this machine registered with it, and an agent that gets
 * its tokens there over HTTPS as any other would.
 *
 * @module
 */

import { generateKeyPair, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { AdminAddress, Agent, AgentError, EndpointOptions, Registration } from '@landfast/agent'
import type { ControlPlane, RegisteredMachine } from '@landfast/control-plane'
import type { EndpointLocation, Identity } from '@landfast/protocol'
import type { Logger } from 'pino'
import { CliError } from '../cli-error.ts'
import { explainState } from '../files/state-failure.ts'
import type { LogLevel } from '../log.ts'
import { openLog } from '../log.ts'
import { describeHost } from '../machine/host-description.ts'
import { machineName, NAME_MAX_CHARACTERS } from '../machine/machine-name.ts'
import { type Stoppable, stopParts } from './started-parts.ts'

const RSA_BITS = 2048

/** The audit log's name in the state folder. */
export const AUDIT_FILE = 'audit.jsonl'

/** What is to be started. */
export interface SiteOptions {
  folder: string
  endpoints: readonly EndpointOptions[]
  admin?: AdminAddress
  /** Path of the policy file. */
  policy?: string | undefined
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

interface KeyPair {
  publicKey: string
  privateKey: string
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
    const log = await openLog(options.logLevel)
    const controlPlane = await makeControlPlane(options.folder, log)
    started.push(controlPlane)
    const registration = await register(options.folder, controlPlane).catch((error) => {
      throw explainState(error, options.folder)
    })
    const agent = await makeAgent(options, { registration, controlPlane, log })
    started.push(agent)
    await agent.start()
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
  const { endpoints, admin, policy, onFailure } = options
  const { location, vmId, tags } =
    (await controlPlane.registry.findMachine(registration.identity.resourceId)) ?? {}
  const facts = { ...describeHost(), location, vmId, tags }
  return createAgent({
    endpoints,
    admin,
    policy,
    auditLog: join(options.folder, AUDIT_FILE),
    identity: registration.identity,
    source: createControlPlaneSource({ registration, log }),
    facts: () => facts,
    certifyAttestation: createAttestationCertifier({ registration, log }),
    log,
    ...(onFailure && { onFailure }),
  })
}

/** Starts the control plane, and registers this machine with it if the folder holds no registration yet. */
async function register(folder: string, controlPlane: ControlPlane): Promise<Registration> {
  const { writeRegistration } = await import('@landfast/agent')
  const kept = readKept(folder)
  // A key takes as long to make as everything else together, so it is made meanwhile.
  const newKey = kept.then((registration) => (registration ? undefined : makeKey()))
  const [registration, keyPair] = await Promise.all([kept, newKey, controlPlane.start()])
  if (registration) return await checkKept(registration, controlPlane, folder)
  const { publicKey, privateKey } = keyPair ?? (await makeKey())
  const { identity, certificate } = await registerMachine(controlPlane, publicKey)
  const made: Registration = {
    authority: authorityOf(controlPlane, identity),
    identity,
    certificate,
    privateKey,
    ca: await readFile(controlPlane.caFile, 'utf8'),
  }
  await writeRegistration(folder, made)
  return made
}

/** `kept` with the control plane's present address, if it is that one's. */
async function checkKept(
  kept: Registration,
  controlPlane: ControlPlane,
  folder: string,
): Promise<Registration> {
  const { identity } = kept
  const machine = await controlPlane.registry.findMachine(identity.resourceId)
  const ca = await readFile(controlPlane.caFile, 'utf8')
  if (machine?.identity.clientId === identity.clientId && kept.ca === ca) {
    return { ...kept, authority: authorityOf(controlPlane, identity) }
  }
  throw new CliError('registration_foreign', {
    detail: folder,
    hints: [
      'restore the folder "control-plane" beside it if you have a copy',
      `or remove "${join(folder, 'registration.json')}" to register this machine anew; it gets another identity`,
    ],
  })
}

/** The port may be another one at every start. */
function authorityOf(controlPlane: ControlPlane, { tenantId }: Identity): string {
  return `${controlPlane.url}/${tenantId}`
}

async function readKept(folder: string): Promise<Registration | undefined> {
  const { AgentError, readRegistration } = await import('@landfast/agent')
  try {
    return await readRegistration(folder)
  } catch (error) {
    if (error instanceof AgentError && error.code === 'registration_missing') return undefined
    throw error
  }
}

async function makeKey(): Promise<KeyPair> {
  return await promisify(generateKeyPair)('rsa', {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}

async function registerMachine(controlPlane: ControlPlane, publicKey: string): Promise<RegisteredMachine> {
  const { RegistryError } = await import('@landfast/control-plane')
  const name = machineName(hostname())
  try {
    return await controlPlane.registry.registerMachine({ name, publicKey })
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'machine_exists') throw error
    // A crash came between this machine's registration and its being written down: that one is lost.
    const suffix = `-${randomBytes(3).toString('hex')}`
    const other = name.slice(0, NAME_MAX_CHARACTERS - suffix.length) + suffix
    return await controlPlane.registry.registerMachine({ name: other, publicKey })
  }
}
