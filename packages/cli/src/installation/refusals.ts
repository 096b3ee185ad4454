/**
 * Where Landfast is not to be installed: beside its own package, over a newer version, over the real agent.
 *
 * @see docs/install.md#when-it-is-refused
 * @module
 */

import { existsSync } from 'node:fs'
import { refuseRealAgent } from '@landfast/agent'
import { ARC_KEY_FOLDER } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import type { InstalledRecord } from '../discovery/installed-record.ts'
import { AGENT_UNIT } from './systemd.ts'
import { isNewer } from './version-order.ts'

/** Only a package puts units there. */
const PACKAGED_UNITS = [`/usr/lib/systemd/system/${AGENT_UNIT}`, `/lib/systemd/system/${AGENT_UNIT}`]

/** By this an operator says that the newer version's state is of the same form. */
const ALLOWANCE = 'LANDFAST_ALLOW_DOWNGRADE'

/** @throws {CliError} `installed_by_package`, `downgrade_refused`, or {AgentError} `real_agent_installed`. */
export function refuseInstallation(record: InstalledRecord | undefined, version: string): void {
  refuseRealAgent(ARC_KEY_FOLDER)
  refusePackaged(record, 'upgrade it by the package manager')
  refuseDowngrade(record, version)
}

/** @throws {CliError} `installed_by_package`. */
export function refusePackaged(record: InstalledRecord | undefined, instead: string): void {
  if (record?.by !== 'package' && !PACKAGED_UNITS.some((unit) => existsSync(unit))) return
  throw new CliError('installed_by_package', { hints: [instead] })
}

/** @throws {CliError} `config_conflict` where a package comes to what "landfast install" put there. */
export function refuseBesidePackage(record: InstalledRecord | undefined): void {
  if (record?.by !== 'install') return
  const hints = ['run "landfast uninstall" first; what the services keep stays']
  throw new CliError('config_conflict', { detail: '"landfast install" has put Landfast on this host', hints })
}

function refuseDowngrade(record: InstalledRecord | undefined, version: string): void {
  if (record?.version === undefined || !isNewer(record.version, version)) return
  if (process.env[ALLOWANCE] === '1') return
  throw new CliError('downgrade_refused', {
    detail: `version ${record.version} is installed, and this is the older ${version}`,
    hints: [
      'it may misread what the newer one wrote; nothing was changed',
      `if the notes of both versions say that they share the form of state, set ${ALLOWANCE}=1`,
    ],
  })
}
