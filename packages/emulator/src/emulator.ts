/**
 * An emulator: managed identity in the process of a test, with a control plane, a machine and an agent of its own.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { ARC_KEY_FOLDER, type AssignedIdentity, type Identity } from '@landfast/protocol'
import { setAppRoles } from './administration/identities.ts'
import type { ResourceManager } from './administration/resource-manager.ts'
import { EmulatorError } from './emulator-error.ts'
import {
  type CheckedOptions,
  checkEnvironment,
  checkOptions,
  type EmulatorOptions,
} from './emulator-options.ts'
import { applyVariables, type ChangingEnvironment } from './environment/applied-variables.ts'
import { pastProxies } from './environment/leading-variables.ts'
import { ownEndpoint } from './environment/own-endpoint.ts'
import { trustedVariables } from './environment/trusted-variables.ts'
import { trustInProcess } from './environment/trusting-process.ts'
import { explainFolder, makeEphemeralFolder } from './ephemeral-folder.ts'
import type { FaultOptions } from './faults/fault.ts'
import type { StandingFault } from './faults/standing-faults.ts'
import type { FaultySite, FaultySiteOptions } from './faulty-site.ts'
import { startPlacedSite } from './placed-site.ts'
import type { SeenRequest } from './requests/request-log.ts'
import { startServices } from './services/services.ts'
import { watchKeyFolder } from './site/made-folders.ts'
import type { Site } from './site/site.ts'

/** A running emulator. `await using` stops it. */
export interface Emulator extends AsyncDisposable {
  /** The variables by which every official SDK finds it: give them to a child process, or use `applyEnv`. */
  readonly env: Readonly<Record<string, string>>
  /** The whole URL of the endpoint. */
  readonly url: string
  /** The machine's own identity. */
  readonly identity: Identity
  /** Its user-assigned identities, by the names that they were given. */
  readonly identities: Readonly<Record<string, AssignedIdentity>>
  /** Who issues the tokens: the claim `iss`. */
  readonly issuer: string
  /** The control plane behind it, where the discovery documents are. */
  readonly controlPlaneUrl: string
  /** The path of the certificate by which the control plane is known (PEM). */
  readonly caFile: string
  /** What was asked so far. */
  readonly requests: readonly SeenRequest[]
  clearRequests(): void
  /** The faults that may strike yet. */
  readonly faults: readonly StandingFault[]
  /**
   * Has a fault from now on: for one request, for as many as it says, or for a time.
   *
   * @throws {EmulatorError} `fault_invalid`.
   */
  fault(fault: FaultOptions): Promise<StandingFault>
  /** Ends every fault. Resolves once the endpoint is well again. */
  clearFaults(): Promise<void>
  /**
   * Leads this process to the emulator until it stops, or until the answer is disposed of: sets `env`, and takes away the
   * variables that lead SDKs elsewhere. Default: `process.env`.
   *
   * @throws {EmulatorError} `option_invalid` for what is no object of variables.
   */
  applyEnv(environment?: ChangingEnvironment): Disposable
  /** The keys that verify its tokens, as a JSON Web Key Set. */
  jwks(): Promise<{ keys: readonly Record<string, unknown>[] }>
  /** Assigns a user-assigned identity to the machine. */
  assign(name: string): Promise<void>
  /** Takes it away: its tokens are forgotten, and no more are given. */
  unassign(name: string): Promise<void>
  /** Ends it, and leaves nothing. */
  stop(): Promise<void>
}

/**
 * Starts an emulator, which needs neither root nor a network.
 *
 * @throws {EmulatorError} `option_invalid`, `folder_unusable`, `service_missing`, `service_failed`.
 * @throws {AgentError} if the endpoint cannot be served.
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const checked = checkOptions(options)
  await using started = new AsyncDisposableStack()
  const folder = await makeEphemeralFolder()
  started.defer(() => folder.remove())
  const explain = (error: unknown) => explainFolder(error, folder.path)
  const { style, keyFolder = ARC_KEY_FOLDER } = checked
  const removeMade = style === 'arc' ? watchKeyFolder(keyFolder) : undefined
  const running = await startPlacedSite({
    folder: folder.path,
    machineName: checked.machine,
    endpoint: endpointOf(checked),
    identities: checked.identities,
    explainState: explain,
  })
  const { site } = running
  // Where it does not start, another may hold the folder.
  started.defer(() => removeMade?.())
  started.defer(() => running.leave())
  started.defer(() => site.stop())
  const manager = await running.manager()
  await setAppRoles(manager, site.identity.principalId, checked.roles)
  const services = await serve(site, checked)
  if (services) started.defer(() => services.stop())
  const { variables, authority } = services ?? {}
  const trust = { inherited: process.env, folder: folder.path, authority }
  const trusted = await trustedVariables(site.location, trust).catch((error) => {
    throw explain(error)
  })
  const leading = { ...trusted, ...variables }
  const env = pastProxies(process.env, leading)
  const parts = { ...running, manager, env, authority }
  return new RunningEmulator({ ...parts, started: started.move() })
}

/** Without any, there is no authority that programs would have to trust. */
async function serve(site: Site, { services: names, secrets }: CheckedOptions) {
  if (names.length === 0) return undefined
  const project = { folder: process.cwd(), path: process.env.PATH }
  const services = await startServices({ site, names, secrets, project })
  return { ...services, authority: await readFile(site.caFile, 'utf8') }
}

function endpointOf({ style, port, keyFolder }: CheckedOptions): FaultySiteOptions['endpoint'] {
  if (style !== 'arc') return ownEndpoint(style, port)
  return { style, port, ...(keyFolder !== undefined && { keyFolder }) }
}

interface EmulatorParts extends Omit<FaultySite, 'manager'> {
  manager: ResourceManager
  env: Readonly<Record<string, string>>
  /** The certificate authority of its services, PEM. */
  authority: string | undefined
  started: AsyncDisposableStack
}

class RunningEmulator implements Emulator {
  readonly #parts: EmulatorParts
  readonly identities: Emulator['identities']

  constructor(parts: EmulatorParts) {
    this.#parts = parts
    this.identities = Object.fromEntries(parts.machine.identities)
  }

  get env(): Emulator['env'] {
    return this.#parts.env
  }

  get url(): string {
    return this.#parts.site.location.url
  }

  get identity(): Identity {
    return this.#parts.site.identity
  }

  get issuer(): string {
    return `https://sts.windows.net/${this.identity.tenantId}/`
  }

  get controlPlaneUrl(): string {
    return this.#parts.site.controlPlaneUrl
  }

  get caFile(): string {
    return this.#parts.site.caFile
  }

  get requests(): readonly SeenRequest[] {
    return this.#parts.log.entries
  }

  clearRequests(): void {
    this.#parts.log.clear()
  }

  get faults(): readonly StandingFault[] {
    return this.#parts.endpoint.faults
  }

  async fault(fault: FaultOptions): Promise<StandingFault> {
    this.#refuseStopped()
    return await this.#parts.endpoint.add(fault)
  }

  async clearFaults(): Promise<void> {
    await this.#parts.endpoint.clear()
  }

  applyEnv(environment: ChangingEnvironment = process.env): Disposable {
    this.#refuseStopped()
    checkEnvironment(environment)
    const undo = new DisposableStack()
    undo.defer(applyVariables(environment, this.env))
    const { authority, site } = this.#parts
    const certificates = [site.location.certificate, authority].filter((one) => one !== undefined)
    if (certificates.length > 0 && environment === process.env) undo.defer(trustInProcess(certificates))
    this.#parts.started.defer(() => undo.dispose())
    return undo
  }

  async jwks(): ReturnType<Emulator['jwks']> {
    this.#refuseStopped()
    const path = `/${this.identity.tenantId}/discovery/keys`
    return (await this.#parts.manager.call({ method: 'GET', path })) as Awaited<ReturnType<Emulator['jwks']>>
  }

  async assign(name: string): Promise<void> {
    this.#refuseStopped()
    await this.#parts.machine.assign(name)
  }

  async unassign(name: string): Promise<void> {
    this.#refuseStopped()
    await this.#parts.machine.unassign(name)
  }

  #refuseStopped(): void {
    if (this.#parts.started.disposed) throw new EmulatorError('stopped', 'make another by createEmulator()')
  }

  async stop(): Promise<void> {
    await this.#parts.started.disposeAsync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
