/**
 * The flags of a command that runs by settings: one for each, from their table.
 *
 * @see docs/configuration.md
 * @module
 */

import type { Command } from 'commander'
import { describeSetting, flagOf, type SettingRows } from './settings-table.ts'

/** Adds the flags of `rows`, and that of the settings file. */
export function addSettings(command: Command, rows: SettingRows): Command {
  command.option(
    '--config <file>',
    'a YAML file with any of the settings below; its relative paths are meant from its folder (LANDFAST_CONFIG)',
  )
  for (const name of Object.keys(rows)) command.option(flagOf(rows, name), describeSetting(rows, name))
  return command
}
