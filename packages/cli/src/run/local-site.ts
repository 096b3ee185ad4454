/**
 * A site on this machine, for as long as a command runs: its log on stderr, its audit log in the state folder.
 *
 * @module
 */

import { hostname } from 'node:os'
import { join } from 'node:path'
import type { EmulatorError, SiteOptions as EngineOptions, FaultySiteOptions, Site } from '@landfast/emulator'
import type { FaultOptions } from '@landfast/emulator/faults'
import { CliError } from '../cli-error.ts'
import { explainState } from '../files/state-failure.ts'
import type { LogLevel } from '../log/json-log.ts'
import { openPinoLog } from '../log/log.ts'
import { describeHost } from '../machine/host-description.ts'
import { machineName } from '../machine/machine-name.ts'
import { refuseUnwritten } from './run-token-files.ts'

export type { Site } from '@landfast/emulator'

/** The audit log's name in the state folder. */
export const AUDIT_FILE = 'audit.jsonl'

/** What is to be started. */
export interface SiteOptions
  extends Pick<EngineOptions, 'folder' | 'endpoints' | 'admin' | 'policy' | 'tokenFiles' | 'onFailure'> {
  /** Those of the only endpoint. */
  faults?: readonly FaultOptions[] | undefined
  /** The path of the socket by which it is told to have more. */
  faultSocket?: string
  logLevel: LogLevel
}

/**
 * Starts a site whose state is in `options.folder`; the machine keeps the identity it has there.
 *
 * @throws {AgentError} if the endpoint cannot be served; nothing is left running.
 */
export async function startSite({ logLevel, ...options }: SiteOptions): Promise<Site> {
  const [log, engine] = await Promise.all([openPinoLog(logLevel), import('@landfast/emulator')])
  const site = await startEngine(engine, {
    ...options,
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
    return site
  } catch (error) {
    await site.stop().catch(() => {})
    throw error
  }
}

type Engine = typeof import('@landfast/emulator')

/** Only where it may have faults do requests pass through what makes them. */
async function startEngine(
  engine: Engine,
  { faults, faultSocket, ...options }: EngineOptions & Pick<SiteOptions, 'faults' | 'faultSocket'>,
): Promise<Site> {
  if (faults === undefined && faultSocket === undefined) return await engine.startSite(options)
  const { endpoints, ...others } = options
  const [endpoint] = endpoints as readonly FaultySiteOptions['endpoint'][]
  if (!endpoint) throw new TypeError('what has faults has an endpoint')
  return (await engine.startFaultySite({ ...others, endpoint, faults, socket: faultSocket })).site
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
  if (code !== 'registration_foreign') return error
  return new CliError('registration_foreign', {
    detail: folder,
    hints: [
      'restore the folder "control-plane" beside it if you have a copy',
      `or remove "${join(folder, 'registration.json')}" to register this machine anew; it gets another identity`,
    ],
  })
}
