/**
 * Settings from the flags of a command.
 *
 * @see docs/configuration.md
 * @module
 */

import type { SettingRows, SettingTexts } from './settings-table.ts'

/** The flags of a command as they were given, by setting, and the settings file. */
export type SettingFlags = { config?: string } & Partial<Record<string, string>>

/** The same, of a command that prints JSON if it is told to. */
export type ControlPlaneFlags = Omit<SettingFlags, 'json'> & { json?: true }

/** Where the command runs; only a relative path asks which folder that is. */
const HERE = '.'

/** How the parser of command lines names the flag `--NAME`. */
export function keyOfFlag(name: string): string {
  return name.replaceAll(/-(.)/g, (_match, letter: string) => letter.toUpperCase())
}

/** The settings of `rows` among the flags of a command. */
export function settingsOfFlags(rows: SettingRows, flags: SettingFlags): SettingTexts {
  const found: SettingTexts = {}
  for (const name of Object.keys(rows)) {
    const text = flags[keyOfFlag(name)]
    if (text !== undefined) found[name] = { text, origin: `--${name}`, folder: HERE }
  }
  return found
}
