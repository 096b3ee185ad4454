/**
 * Where the settings of a command come from: a YAML file, then variables, then flags.
 *
 * @see docs/configuration.md
 * @module
 */

import { resolve } from 'node:path'
import { printNote } from '../terminal.ts'
import { settingsOfEnvironment } from './settings-environment.ts'
import { type SettingFlags, settingsOfFlags } from './settings-flags.ts'
import { parseSettings, type SettingRows, type SettingTexts, type SettingValues } from './settings-table.ts'
import { mistypedVariables } from './unknown-variables.ts'

export type { SettingFlags }

/** Where the command runs; only a relative path asks which folder that is. */
const HERE = '.'

/**
 * The settings in `rows`, from every source.
 *
 * @throws {CliError} `config_unreadable`, `config_invalid` or `argument_invalid`.
 */
export async function readSettings<Rows extends SettingRows>(
  rows: Rows,
  flags: SettingFlags,
): Promise<SettingValues<Rows>> {
  const path = flags.config ?? process.env.LANDFAST_CONFIG
  const file = path ? await readFileSettings(rows, resolve(path)) : {}
  for (const { variable, meant } of mistypedVariables(rows, process.env)) {
    printNote(`the variable ${variable} is no setting; did you mean ${meant}?`)
  }
  return parseSettings(
    rows,
    file,
    settingsOfEnvironment(rows, process.env, HERE),
    settingsOfFlags(rows, flags),
  )
}

/** YAML is loaded only for those who write it. */
async function readFileSettings(rows: SettingRows, path: string): Promise<SettingTexts> {
  const { readSettingsFile } = await import('./settings-file.ts')
  return readSettingsFile(rows, path)
}
