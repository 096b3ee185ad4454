/**
 * Finds variables that look like a mistyped setting: passed over in silence, they would leave the default in force.
 *
 * @module
 */

import type { Environment } from '../environment.ts'
import { similarName } from '../usage/similar-name.ts'
import { AGENT_SETTINGS } from './agent-settings.ts'
import { CONTROL_PLANE_SETTINGS } from './control-plane-settings.ts'
import { type SettingRows, variableOf } from './settings-table.ts'

const PREFIX = 'LANDFAST_'

/** Variables of ours that are no settings. */
const OTHERS = [
  'LANDFAST_ACCESS_TOKEN',
  'LANDFAST_CONFIG',
  'LANDFAST_CONTROL_PLANE_MEMBER',
  'LANDFAST_ENCRYPTION_KEY',
  'LANDFAST_FAULT_SOCKET',
  'LANDFAST_IDENTITY_HEADER',
  'LANDFAST_JOIN_TOKEN',
  'LANDFAST_SERVICE_PRINCIPAL_SECRET',
]

/** Unknown variables in `environment`, each with that of a setting of `rows` that was probably meant. */
export function mistypedVariables(
  rows: SettingRows,
  environment: Environment,
): { variable: string; meant: string }[] {
  const settings = [
    ...Object.keys(AGENT_SETTINGS),
    ...Object.keys(CONTROL_PLANE_SETTINGS),
    ...Object.keys(rows),
  ]
  const known = new Set([...OTHERS, ...settings.map(variableOf)])
  const names = Object.keys(rows).map((name) => variableOf(name).slice(PREFIX.length))
  return Object.keys(environment)
    .filter((variable) => variable.startsWith(PREFIX) && !known.has(variable))
    .flatMap((variable) => {
      const meant = similarName(variable.slice(PREFIX.length), names)
      return meant === undefined ? [] : [{ variable, meant: PREFIX + meant }]
    })
}
