/**
 * Looks around: gathers everything that the checks are made of, from this host and its control plane.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findRegistration } from '@landfast/agent'
import { CliError } from '../cli-error.ts'
import { readCa, type Trust } from '../control-plane/trusted-ca.ts'
import type { Environment } from '../environment.ts'
import { asOwnerOf } from '../files/as-owner.ts'
import { findKnownMachine } from '../machine/known-machine.ts'
import type { KnownMachine } from '../machine/shown-properties.ts'
import { refuseUnservable } from '../settings/agent-refusals.ts'
import {
  AGENT_SETTINGS,
  AGENT_SETTINGS_FILE,
  type AgentSettings,
  publicFileOf,
} from '../settings/agent-settings.ts'
import { type KeptProxy, openProxies, withKeptProxy } from '../settings/proxy-settings.ts'
import { readSettings, type SettingFlags } from '../settings/settings-sources.ts'
import { parseSettings } from '../settings/settings-table.ts'
import { tokenFilesOf } from '../settings/token-file-places.ts'
import type { AdminPlace } from './admin-page.ts'
import { lookAtEntra, readApplication } from './entra-looks.ts'
import type { Seen } from './finding.ts'
import { lookAtHost } from './host-looks.ts'
import { lookAtNetwork, type NetworkTarget } from './network-looks.ts'
import type { Surroundings } from './surroundings.ts'

/** What the command line says of where to look. */
export interface Whereto {
  /** The settings of the agent that are given by flags, and its settings file. */
  settings: SettingFlags
  /** The control plane's origin; without it that of the connected machine. */
  url: string | undefined
  useSystemCa: boolean
  user: string
}

/** Where the CA of a control plane often is. */
const CA_FILES = [
  'ca.pem',
  '/etc/landfast/ca.pem',
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
]

/** What there is to see for this user. It ends in bounded time, and what cannot be seen is said to be. */
export async function lookAround(
  whereto: Whereto,
  environment: Environment,
  now: Date,
): Promise<Surroundings> {
  const { settings, ...read } = await readAgentSettings(whereto.settings, environment)
  const [machine, kept, application] = await asOwnerOf(settings['state-dir'], () =>
    Promise.all([seeMachine(settings, now), keptTrust(settings), readApplication(settings)]),
  )
  const target = await networkTarget({ whereto, settings, machine, kept })
  const [network, host, entra] = await Promise.all([
    target && lookAtNetwork(target),
    lookAtHost({ settings, admin: adminOf(settings), user: whereto.user, environment }),
    lookAtEntra(settings, application),
  ])
  return { now, user: whereto.user, settings: read, machine, entra, network, host }
}

interface SettingsSeen {
  file: string | undefined
  settings: AgentSettings
  error: string | undefined
  isForbidden?: boolean
}

/** The settings of the agent; where they are refused, the defaults and why, so that the rest can be looked at. */
export async function readAgentSettings(
  flags: SettingFlags,
  environment: Environment,
): Promise<SettingsSeen> {
  const named = flags.config ?? environment.LANDFAST_CONFIG
  const file = named || (existsSync(AGENT_SETTINGS_FILE) ? AGENT_SETTINGS_FILE : undefined)
  try {
    const given = file === undefined ? flags : { ...flags, config: file }
    const settings = await readSettings(AGENT_SETTINGS, given)
    tokenFilesOf(settings)
    refuseUnservable(settings)
    return { file, settings, error: undefined }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    const reason = [error.message, ...error.hints].join('; ')
    // What the agent may read is no fault of the settings.
    const isForbidden = (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES'
    return { file, settings: parseSettings(AGENT_SETTINGS), error: reason, isForbidden }
  }
}

/** Where the agent of these settings serves its health. */
export function adminOf(settings: AgentSettings): AdminPlace {
  const port = settings['admin-port']
  if (port !== undefined) return { port }
  return { socketPath: settings['admin-socket'] ?? join(settings['state-dir'], 'agent.sock') }
}

async function seeMachine(settings: AgentSettings, now: Date): Promise<Seen<KnownMachine | undefined>> {
  const stateFolder = settings['state-dir']
  const publicFile = publicFileOf(stateFolder, settings['public-file'])
  const adminSocket = join(stateFolder, 'agent.sock')
  try {
    return {
      value: (await findKnownMachine({ stateFolder, publicFile, adminSocket }, now.getTime())).machine,
    }
  } catch (error) {
    return { unseen: `which machine this host is cannot be seen: ${(error as Error).message}` }
  }
}

/** How the agent reaches `authority`: the proxy, without its password, and the hosts past it; undefined where none is set. */
export async function wayTo(
  authority: string,
  settings: AgentSettings,
): Promise<{ proxy: string | undefined; proxyBypass: string | undefined }> {
  const kept = await keptTrust(settings)
  const values = withKeptProxy(settings, 'value' in kept ? kept.value?.proxy : undefined)
  const proxyBypass = values['proxy-bypass']
  try {
    const proxies = await openProxies(values, settings['state-dir'])
    return { proxy: proxies.choose(new URL(authority)).proxy?.address.url, proxyBypass }
  } catch {
    // "landfast check" says what is wrong with it.
    return { proxy: values['proxy-url']?.url, proxyBypass }
  }
}

/** By what the connected machine knows and reaches its control plane. */
interface Kept extends Trust {
  proxy: KeptProxy | undefined
}

async function keptTrust(settings: AgentSettings): Promise<Seen<Kept | undefined>> {
  try {
    const registration = await findRegistration(settings['state-dir'])
    const { ca, usesSystemCa = false, proxy } = { ...registration }
    return { value: registration && { ca, usesSystemCa, proxy } }
  } catch {
    return { unseen: 'only root and the agent’s user can see; run this as root, or name --ca-file' }
  }
}

async function networkTarget({
  whereto,
  settings,
  machine,
  kept,
}: {
  whereto: Whereto
  settings: AgentSettings
  machine: Seen<KnownMachine | undefined>
  kept: Seen<Kept | undefined>
}): Promise<NetworkTarget | undefined> {
  const authority = 'value' in machine ? machine.value?.authority : undefined
  const url = whereto.url ?? (authority && new URL(authority).origin)
  if (url === undefined) return undefined
  // What a machine keeps is of its own control plane alone.
  const isOwn = authority !== undefined && new URL(authority).origin === url
  const own = isOwn && 'value' in kept ? kept.value : undefined
  const named = await readCa(settings['ca-file'])
  const cas = [own?.ca, named].filter((pem) => pem !== undefined)
  const trust = {
    ca: cas.length === 0 ? undefined : cas.join('\n'),
    usesSystemCa: whereto.useSystemCa || (own?.usesSystemCa ?? false),
  }
  const isUnseen = isOwn && 'unseen' in kept && named === undefined
  const candidates = [...CA_FILES, join(settings['state-dir'], 'control-plane', 'ca.pem')].map((file) =>
    resolve(file),
  )
  return {
    url,
    authority: isOwn ? authority : undefined,
    trust,
    trustUnseen: isUnseen ? kept.unseen : undefined,
    candidates,
    proxies: await proxiesOf(settings, own?.proxy),
  }
}

/** The agent goes by the same. */
async function proxiesOf(
  settings: AgentSettings,
  kept: KeptProxy | undefined,
): Promise<NetworkTarget['proxies']> {
  try {
    return await openProxies(withKeptProxy(settings, kept), settings['state-dir'])
  } catch (error) {
    const { message, hints = [] } = error as CliError
    return { error: [message, ...hints].join('; ') }
  }
}
