/**
 * `landfast control-plane reset-administrator`: a new secret for an administrator whose file was lost.
 *
 * @see docs/control-plane.md
 * @module
 */

import { explainState } from '../files/state-failure.ts'
import { holdControlPlaneFolder } from '../settings/control-plane-folder.ts'
import { databaseOptions } from '../settings/control-plane-options.ts'
import { CONTROL_PLANE_SETTINGS } from '../settings/control-plane-settings.ts'
import { readSettings, type SettingFlags } from '../settings/settings-sources.ts'
import { printNote, printResult } from '../terminal.ts'

/** Prints the path of the new file. */
export async function resetAdministrator({ json, ...flags }: Omit<SettingFlags, 'json'> & { json?: true }) {
  const settings = await readSettings(CONTROL_PLANE_SETTINGS, flags)
  const options = await databaseOptions(settings)
  const folder = await holdControlPlaneFolder(options.stateFolder)
  try {
    const { replaceAdministrator } = await import('@landfast/control-plane')
    const administratorFile = await replaceAdministrator(options).catch((error) => {
      throw explainState(error, options.stateFolder, 'name another with --state-dir')
    })
    printResult(json ? JSON.stringify({ administratorFile }) : administratorFile)
    printNote('the former secrets of the administrator are good no more')
    return 0
  } finally {
    folder.release()
  }
}
