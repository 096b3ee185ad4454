/**
 * What this host knows itself: its machine, and by the control plane's own documents the issuer and its keys.
 *
 * @module
 */

import { findRegistration } from '@landfast/agent'
import type { Proxies } from '@landfast/server/proxy'
import { readAgentSettings } from '../check/look-around.ts'
import { CliError } from '../cli-error.ts'
import { readCa } from '../control-plane/trusted-ca.ts'
import { asOwnerOf } from '../files/as-owner.ts'
import { originOf } from '../machine/connect-target.ts'
import { findKnownMachine } from '../machine/known-machine.ts'
import type { KnownMachine } from '../machine/shown-properties.ts'
import { publicFileOf } from '../settings/agent-settings.ts'
import { type ProxyFlags, readProxies } from '../settings/proxy-settings.ts'
import { findAuthority } from './authority-place.ts'
import { fetchDocument } from './issuer-look.ts'
import { keysOf, type Own } from './issuer-seen.ts'

/** The flags that say where to look. */
export interface OwnFlags extends ProxyFlags {
  url?: string
  caFile?: string
  config?: string
  stateDir?: string
}

/** What is known. */
export interface OwnSide {
  machine: KnownMachine | undefined
  /** PEM. */
  ca: string | undefined
  proxies: Proxies
  own: Own
}

/** Why nothing is known where neither a flag nor a machine names a control plane. */
export const UNNAMED = 'name the control plane with --url and --ca-file'

/** What this host knows. @throws {CliError} if a flag is wrong; what cannot be seen is said to be unseen. */
export async function lookAtOwnSide(flags: OwnFlags): Promise<OwnSide> {
  const { stateDir, config } = flags
  const given = Object.fromEntries(
    Object.entries({ config, 'state-dir': stateDir }).filter(([, value]) => value !== undefined),
  )
  const { settings } = await readAgentSettings(given, process.env)
  const folder = stateDir ?? settings['state-dir']
  const { machine, kept } = await asOwnerOf(folder, async () => ({
    machine: await knownMachine(folder, settings['public-file']),
    kept: await findRegistration(folder).catch(() => undefined),
  }))
  const ca = (await readCa(flags.caFile ?? settings['ca-file'])) ?? kept?.ca
  const proxies = await readProxies(flags, { kept: kept?.proxy })
  const authority = flags.url === undefined ? machine?.authority : undefined
  const place = { url: flags.url === undefined ? undefined : originOf(flags.url), authority }
  return { machine, ca, proxies, own: await askControlPlane(place, { ca, proxies }) }
}

async function knownMachine(
  stateFolder: string,
  publicFile: string | undefined,
): Promise<KnownMachine | undefined> {
  const places = { stateFolder, publicFile: publicFileOf(stateFolder, publicFile), adminSocket: '' }
  try {
    return (await findKnownMachine(places, Date.now())).machine
  } catch (error) {
    // For another user there is none to be seen.
    if (error instanceof CliError && error.code === 'admin_needed') return undefined
    throw error
  }
}

async function askControlPlane(
  { url, authority }: { url: string | undefined; authority: string | undefined },
  parts: { ca: string | undefined; proxies: Proxies },
): Promise<Own> {
  if (url === undefined && authority === undefined) return { unseen: UNNAMED }
  const found = authority ?? (await findAuthority(url ?? '', parts))
  if (typeof found !== 'string') return { unseen: found.failure }
  // By the name that was given: the control plane's own may lead nowhere from here.
  const place = url === undefined ? found : url + new URL(found).pathname
  const configuration = await fetchDocument(`${place}/.well-known/openid-configuration`, parts)
  if ('failure' in configuration) return { unseen: configuration.failure }
  const keys = await fetchDocument(`${place}/discovery/keys`, parts)
  if ('failure' in keys) return { unseen: keys.failure }
  const { issuer } = configuration.document
  return typeof issuer === 'string'
    ? { issuer, keys: keysOf(keys.document) }
    : { unseen: `the discovery document of "${place}" states no issuer` }
}
