/**
 * `landfast control-plane accept-restored`: keeps machines from being taken for copies after the database was restored
 * from a backup.
 *
 * @see docs/control-plane.md#backup
 * @module
 */

import { explainState } from '../files/state-failure.ts'
import { holdControlPlaneFolder } from '../settings/control-plane-folder.ts'
import { databaseOptions } from '../settings/control-plane-options.ts'
import { CONTROL_PLANE_SETTINGS } from '../settings/control-plane-settings.ts'
import { readSettings, type SettingFlags } from '../settings/settings-sources.ts'
import { printNote, printResult } from '../terminal.ts'

/** Prints how many machines it concerns. */
export async function acceptRestored({ json, ...flags }: Omit<SettingFlags, 'json'> & { json?: true }) {
  const settings = await readSettings(CONTROL_PLANE_SETTINGS, flags)
  const options = await databaseOptions(settings)
  const folder = await holdControlPlaneFolder(options.stateFolder)
  try {
    const { acceptRestoredMachines } = await import('@landfast/control-plane')
    const machines = await acceptRestoredMachines(options).catch((error) => {
      throw explainState(error, options.stateFolder, 'name another with --state-dir')
    })
    printResult(json ? JSON.stringify({ machines }) : `${machines} machines`)
    printNote(
      'the next heartbeat of each is taken whatever nonce it brings; refused ones ask again within an hour',
    )
    return 0
  } finally {
    folder.release()
  }
}
