/**
 * The flags of a service as its unit has them: each once, with its value after it. The parser of the whole command line is not
 * loaded for these, which is a twentieth of an agent's start; it reads all others, and says what is wrong with them.
 *
 * @see docs/performance.md#start-and-memory-of-the-agent
 * @module
 */

import { readPath } from '../flags.ts'
import { keyOfFlag, type SettingFlags } from './settings-flags.ts'
import type { SettingRows } from './settings-table.ts'

/** How the table writes a value that is a path. */
const PATHS = ['file', 'dir', 'path']

/** The flags of `rows` and that of the settings file in `args`; undefined if there is anything else, or a doubt. */
export function readPlainFlags(rows: SettingRows, args: readonly string[]): SettingFlags | undefined {
  const flags: SettingFlags = {}
  for (let at = 0; at < args.length; at += 2) {
    const [flag = '', text] = [args[at], args[at + 1]]
    const name = flag.slice(2)
    const value = name === 'config' ? 'file' : Object.hasOwn(rows, name) && rows[name]?.value
    const key = keyOfFlag(name)
    const isPlain = flag.startsWith('--') && text !== undefined && !text.startsWith('-')
    if (!isPlain || typeof value !== 'string' || key in flags) return undefined
    try {
      flags[key] = PATHS.includes(value) ? readPath(text, '.') : text
    } catch {
      return undefined
    }
  }
  return flags
}
