/**
 * Undoes what an installation did, by its record: services, files, program. What the services keep stays, unless all is
 * to go.
 *
 * @see docs/install.md
 * @module
 */

import { type InstalledRecord, readRecord } from '../discovery/installed-record.ts'
import { forgetRecord } from '../discovery/place-files.ts'
import { type Outcome, removeFiles } from '../discovery/remove-files.ts'
import { removeAccounts } from './accounts.ts'
import { keptFolders, removeKeptFolders } from './kept-folders.ts'
import { removeProgram } from './program-folder.ts'
import { refusePackaged } from './refusals.ts'
import { AGENT_UNIT, CONTROL_PLANE_UNIT, hasSystemd, isBooted, systemctl } from './systemd.ts'

/** How much is undone. */
export interface UninstallOptions {
  /** Keys, registrations, databases, settings, logs and users as well. */
  purge: boolean
  /** The package itself asks. */
  forPackage: boolean
}

/** Removes everything that is still as it was placed; a second time there is nothing left to do. */
export async function uninstallHost({ purge, forPackage }: UninstallOptions): Promise<Outcome[]> {
  const record = await readRecord()
  if (!forPackage)
    refusePackaged(
      record,
      'remove it by the package manager: apt-get remove landfast, or dnf remove landfast',
    )
  if (record?.by === 'install' && (await hasSystemd())) await stopUnits()
  // The list of them goes with the program.
  const kept = purge ? keptFolders() : []
  const outcomes = record ? await removeAll(record) : []
  if (!purge) return outcomes
  await removeAccounts()
  await removeKeptFolders(kept)
  return outcomes
}

async function removeAll(record: InstalledRecord): Promise<Outcome[]> {
  const outcomes = await removeFiles(record)
  if (record.program !== undefined) await removeProgram(record.program)
  await forgetRecord(record)
  if (record.by === 'install' && isBooted()) await systemctl('daemon-reload')
  return outcomes
}

async function stopUnits(): Promise<void> {
  const units = [AGENT_UNIT, CONTROL_PLANE_UNIT]
  // One that is not known any more neither runs nor starts.
  if (isBooted()) await systemctl('stop', ...units).catch(() => {})
  await systemctl('disable', ...units).catch(() => {})
}
