/**
 * The database of a control plane, as a command takes it that changes it: by the settings that name it, while the state
 * folder is held.
 *
 * @see docs/control-plane.md
 * @module
 */

import type { ControlPlaneOptions } from '@landfast/control-plane'
import { explainState } from '../files/state-failure.ts'
import { holdControlPlaneFolder } from './control-plane-folder.ts'
import { databaseOptions } from './control-plane-options.ts'
import { CONTROL_PLANE_SETTINGS } from './control-plane-settings.ts'
import { readSettings, type SettingFlags } from './settings-sources.ts'

/** Does `work` on the database that `flags` and the other sources of settings name. */
export async function withDatabase<T>(
  flags: SettingFlags,
  work: (options: ControlPlaneOptions) => Promise<T>,
): Promise<T> {
  const settings = await readSettings(CONTROL_PLANE_SETTINGS, flags)
  const options = await databaseOptions(settings)
  const folder = await holdControlPlaneFolder(options.stateFolder)
  try {
    return await work(options)
  } catch (error) {
    throw explainState(error, options.stateFolder, 'name another with --state-dir')
  } finally {
    folder.release()
  }
}
