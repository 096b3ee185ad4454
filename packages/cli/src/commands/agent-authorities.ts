/**
 * What an agent gets its tokens from, by what the state folder has: a control plane, an application in Entra ID, or both.
 *
 * @module
 */

import {
  type AgentOptions,
  type EntraRegistration,
  findEntraRegistration,
  findRegistration,
} from '@landfast/agent'
import type { Membership } from '@landfast/agent/upstream'
import { matchesAudience } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { Proxies } from '@landfast/server/proxy'
import { readCa } from '../control-plane/trusted-ca.ts'
import type { HostDescription } from '../machine/host-description.ts'
import { type AgentSettings, publicFileOf } from '../settings/agent-settings.ts'
import { openProxies, withKeptProxy } from '../settings/proxy-settings.ts'

/** What of an agent's options follows from its authorities. */
export type AuthorityOptions = Pick<
  AgentOptions,
  'identity' | 'source' | 'membership' | 'entra' | 'facts' | 'certifyAttestation'
>

/** Everything that is known before. */
export interface AuthorityParts {
  settings: AgentSettings
  host: HostDescription
  proxies: Proxies
  log: Logger
}

/** An application in Entra ID, and by what it is reached. */
interface EntraParts {
  folder: string
  registration: EntraRegistration
  proxies: Proxies
  log: Logger
}

/** By what the authorities are reached: the settings, else what "landfast connect" kept. */
export async function authorityProxies(settings: AgentSettings): Promise<Proxies> {
  const folder = settings['state-dir']
  const [machine, registration] = await Promise.all([findRegistration(folder), findEntraRegistration(folder)])
  return await openProxies(withKeptProxy(settings, machine?.proxy ?? registration?.proxy))
}

/**
 * Opens them. The code for Entra ID is loaded only where there is an application.
 *
 * @throws {AgentError} the codes of a registration, of entra.json, or of a folder that is held.
 */
export async function openAuthorities(parts: AuthorityParts): Promise<AuthorityOptions> {
  const { settings, host, proxies, log } = parts
  const folder = settings['state-dir']
  const [machine, registration] = await Promise.all([findRegistration(folder), findEntraRegistration(folder)])
  const entra = registration && { folder, registration, proxies, log }
  if (entra && !machine) return await openEntraOnly(entra, host)
  const membership = await openControlPlane(parts)
  const controlPlane = {
    identity: membership.identity,
    source: membership.source,
    membership,
    facts: () => ({ ...host, ...membership.facts }),
    certifyAttestation: (privateKey: string, signal: AbortSignal) =>
      membership.certifyAttestation(privateKey, signal),
  }
  return entra ? { ...controlPlane, entra: await openBeside(entra, membership, settings) } : controlPlane
}

async function openControlPlane({ settings, host, proxies, log }: AuthorityParts): Promise<Membership> {
  const { openMembership } = await import('@landfast/agent/upstream')
  const folder = settings['state-dir']
  const publicFile = publicFileOf(folder, settings['public-file'])
  const ca = await readCa(settings['ca-file'])
  return await openMembership({ folder, properties: host, ca, proxies, publicFile, log })
}

/** There is nobody who tells of the machine but itself, and nobody who certifies a key for documents. */
async function openEntraOnly(entra: EntraParts, host: HostDescription): Promise<AuthorityOptions> {
  const { openEntraAlone } = await import('@landfast/agent/entra')
  const { identity, source } = await openEntraAlone(entra)
  return { identity, source, facts: () => ({ ...host }) }
}

async function openBeside(
  entra: EntraParts,
  membership: Membership,
  settings: AgentSettings,
): Promise<AuthorityOptions['entra']> {
  const audiences = settings['control-plane-audiences']
  try {
    const { openEntraApplication } = await import('@landfast/agent/entra')
    const plane = {
      source: membership.source,
      tenantId: membership.identity.tenantId,
      identities: () => membership.identities,
      look: () => membership.look(),
    }
    return {
      ...openEntraApplication({ ...entra, plane }),
      isControlPlaneAudience: (audience) => audiences.some((pattern) => matchesAudience(pattern, audience)),
    }
  } catch (error) {
    await membership.stop()
    throw error
  }
}
