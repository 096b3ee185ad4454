/**
 * Settings from the flags of a command.
 *
 * @module
 */

import type { SettingRows, SettingTexts } from './settings-table.ts'

/** The flags of a command as they were given, by setting, and the settings file. */
export type SettingFlags = { config?: string } & Partial<Record<string, string>>

/**
 * The settings of `rows` among `flags`.
 *
 * @param folder where the command runs.
 */
export function settingsOfFlags(rows: SettingRows, flags: SettingFlags, folder: string): SettingTexts {
  const found: SettingTexts = {}
  for (const name of Object.keys(rows)) {
    const text = flags[name.replaceAll(/-(.)/g, (_match, letter: string) => letter.toUpperCase())]
    if (text !== undefined) found[name] = { text, origin: `--${name}`, folder }
  }
  return found
}
