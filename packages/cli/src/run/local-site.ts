/**
 * A site on this machine, for as long as a command runs: its log on stderr, its audit log in the state folder.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type {
  EmulatorError,
  SiteOptions as EngineOptions,
  Site as EngineSite,
  FaultySiteOptions,
  MachineIdentity,
} from '@landfast/emulator'
import type { FaultOptions } from '@landfast/emulator/faults'
import type { AssignedIdentity } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { explainState } from '../files/state-failure.ts'
import type { LogLevel } from '../log/json-log.ts'
import { openPinoLog } from '../log/log.ts'
import { describeHost } from '../machine/host-description.ts'
import { machineName } from '../machine/machine-name.ts'
import type { Application } from './application-flags.ts'
import { type EmulatorEngine, loadEmulator } from './emulator-engine.ts'
import type { Strikes } from './faults/unstruck-faults.ts'
import { refuseUnwritten } from './run-token-files.ts'

/** A running site, with what runs beside it. */
export interface Site extends EngineSite {
  readonly application: {
    /** The variables by which programs find the services. */
    variables: Readonly<Record<string, string>>
    /** The certificate authority of the services, PEM; undefined without services. */
    authority?: string
  }
  /** User-assigned identities of the machine, by name. */
  readonly identities: Readonly<Record<string, AssignedIdentity>>
  /** Its faults from the start, each as it stands, and what it was asked. */
  readonly strikes: Strikes
}

/** The audit log's name in the state folder. */
export const AUDIT_FILE = 'audit.jsonl'

/** What is to be started. */
export interface SiteOptions
  extends Pick<EngineOptions, 'folder' | 'endpoints' | 'admin' | 'policy' | 'tokenFiles' | 'onFailure'> {
  /** Those of the only endpoint. */
  faults?: readonly FaultOptions[] | undefined
  /** The path of the socket by which it is told to have more. */
  faultSocket?: string | undefined
  /** Services beside it, and app roles of its machine. */
  application?: Application
  /** User-assigned identities of its machine. */
  identities?: readonly MachineIdentity[]
  logLevel: LogLevel
}

/**
 * Starts a site whose state is in `options.folder`; the machine keeps the identity it has there.
 *
 * @throws {AgentError} if the endpoint cannot be served; nothing is left running.
 */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { logLevel, application, ...engineOptions } = options
  const [log, engine] = await Promise.all([openPinoLog(logLevel), loadEmulator()])
  const { site, ...standings } = await startEngine(engine, {
    ...engineOptions,
    machineName: machineName(hostname()),
    auditLog: join(options.folder, AUDIT_FILE),
    facts: describeHost(),
    explainState: (error) => explainState(error, options.folder),
    log,
  }).catch((error) => {
    throw explainStart(error, options.folder)
  })
  try {
    refuseUnwritten(site.tokenFiles)
    return Object.assign(await startApplication(engine, site, application), standings)
  } catch (error) {
    await site.stop().catch(() => {})
    throw explainServices(error, options.folder)
  }
}

/** The site, which ends its services before itself. */
async function startApplication(
  engine: EmulatorEngine,
  site: EngineSite,
  { names, secrets, roles }: Application = { names: [], secrets: {}, roles: {} },
): Promise<Omit<Site, 'identities' | 'strikes'>> {
  if (Object.keys(roles).length > 0) await engine.setMachineRoles(site, roles)
  if (names.length === 0) return Object.assign(site, { application: { variables: {} } })
  const project = { folder: process.cwd(), path: process.env.PATH }
  const services = await engine.startServices({ site, names, secrets, project })
  const application = { variables: services.variables, authority: await readFile(site.caFile, 'utf8') }
  const stopSite = site.stop
  const stop = () => services.stop().finally(stopSite)
  return Object.assign(site, { application, stop })
}

/** What the user can do about a service that did not start is in its message. */
function explainServices(error: unknown, folder: string): unknown {
  const explained = explainState(error, folder)
  if (explained !== error) return explained
  const { name, code, message } = error as EmulatorError
  if (name !== 'EmulatorError') return error
  const cliCode = code === 'option_invalid' ? 'config_invalid' : 'service_failed'
  return new CliError(cliCode, { detail: message, cause: error })
}

type EngineStart = EngineOptions & Pick<SiteOptions, 'faults' | 'faultSocket' | 'identities'>

/** Requests pass through what makes faults where there is one endpoint: no command gives faults to none or to several. */
async function startEngine(
  engine: EmulatorEngine,
  { faults, faultSocket, identities, ...options }: EngineStart,
): Promise<{ site: EngineSite } & Pick<Site, 'identities' | 'strikes'>> {
  const { endpoints, ...others } = options
  const [endpoint, second] = endpoints as readonly FaultySiteOptions['endpoint'][]
  const none = { identities: {}, strikes: { faults: [], requests: [] } }
  if (!endpoint || second) return { site: await engine.startSite(options), ...none }
  const parts = { ...others, endpoint, faults, identities, socket: faultSocket }
  const { site, machine, faults: standing, log } = await engine.startFaultySite(parts)
  const strikes = { faults: standing, requests: log.entries }
  return { site, identities: Object.fromEntries(machine.identities), strikes }
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

function explainStart(error: unknown, folder: string): unknown {
  const { code, message } = error as Partial<EmulatorError>
  if (code === 'fault_invalid') return new CliError('argument_invalid', { detail: `"--fault": ${message}` })
  if (code === 'administration_refused') return explainState(error, folder)
  if (code !== 'registration_foreign') return error
  return new CliError('registration_foreign', {
    detail: folder,
    hints: [
      'restore the folder "control-plane" beside it if you have a copy',
      `or remove "${join(folder, 'registration.json')}" to register this machine anew; it gets another identity`,
    ],
  })
}
