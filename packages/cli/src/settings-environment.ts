/**
 * Settings from variables.
 *
 * @see docs/configuration.md
 * @module
 */

import type { Environment } from './child-environment.ts'
import { SETTING_NAMES, type SettingTexts, variableOf } from './settings.ts'

/** The settings in `environment`; an empty variable is one that is not set. */
export function settingsOfEnvironment(environment: Environment): SettingTexts {
  const found: SettingTexts = {}
  for (const name of SETTING_NAMES) {
    const text = environment[variableOf(name)]
    if (text) found[name] = { text, origin: variableOf(name) }
  }
  return found
}
