/**
 * Settings from variables.
 *
 * @see docs/configuration.md
 * @module
 */

import type { Environment } from '../environment.ts'
import { type SettingRows, type SettingTexts, variableOf } from './settings-table.ts'

/**
 * The settings of `rows` in `environment`; an empty variable is one that is not set.
 *
 * @param folder where the command runs.
 */
export function settingsOfEnvironment(
  rows: SettingRows,
  environment: Environment,
  folder: string,
): SettingTexts {
  const found: SettingTexts = {}
  for (const name of Object.keys(rows)) {
    const text = environment[variableOf(name)]
    if (text) found[name] = { text, origin: variableOf(name), folder }
  }
  return found
}
