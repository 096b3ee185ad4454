/**
 * Gathers what `landfast show` tells: of the machine, of this host, of the agent's service, and of the way to the control
 * plane.
 *
 * @module
 */

import { asOwnerOf } from '../files/as-owner.ts'
import { agentUnitStatus } from '../installation/systemd.ts'
import { hostFacts } from '../machine/host-facts.ts'
import { findKnownMachine, type Whereabouts } from '../machine/known-machine.ts'
import type { ShownParts } from '../machine/shown-properties.ts'
import type { SettingFlags } from '../settings/settings-sources.ts'
import { readVersion } from '../version.ts'
import { readAgentSettings, wayTo } from './look-around.ts'

/**
 * What is to be shown of the machine at `places`.
 *
 * @throws {CliError} `admin_needed` if only the agent's user can know.
 */
export async function factsToShow(places: Whereabouts, flags: SettingFlags): Promise<ShownParts> {
  // Before all else: root is the agent's user meanwhile, for it takes no key file of another user.
  const known = await asOwnerOf(places.stateFolder, () => findKnownMachine(places, Date.now()))
  const [host, unit, { settings }] = await Promise.all([
    hostFacts(),
    agentUnitStatus(),
    readAgentSettings(flags, process.env),
  ])
  const { machine } = known
  const way = machine
    ? await wayTo(machine.authority, settings)
    : { proxy: undefined, proxyBypass: undefined }
  return { ...known, host, unit, ...way, agentVersion: readVersion() }
}
