/**
 * How each setting of the agent stands in its settings file, for people to read.
 *
 * @module
 */

import type { CliError } from '../cli-error.ts'
import { readTrustedFile } from '../files/trusted-file.ts'
import { parseSettingsFile } from './settings-file.ts'
import { parseSettings, type SettingRows } from './settings-table.ts'

/** One setting. */
export interface Standing {
  name: string
  value: string
  source: 'file' | 'default'
}

/** Every setting of `rows` in `file`, which need not be there. @throws {CliError} as the agent does. */
export async function standingsIn(rows: SettingRows, file: string): Promise<Standing[]> {
  const given = parseSettingsFile(rows, (await readIfThere(file)) ?? '', file)
  parseSettings(rows, given)
  return Object.entries(rows).map(([name, row]) => {
    const value = given[name]?.text
    return value === undefined
      ? { name, value: row.default, source: 'default' }
      : { name, value, source: 'file' }
  })
}

/** The text of the settings file `file`, if there is one. @throws {CliError} as `readTrustedFile`. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readTrustedFile(file)
  } catch (error) {
    const { cause } = error as CliError
    if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined
    throw error
  }
}
