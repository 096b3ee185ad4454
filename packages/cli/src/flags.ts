/**
 * The values of flags that several commands have.
 *
 * @module
 */

import { resolve } from 'node:path'
import { CliError } from './cli-error.ts'

/** The value of a flag that the command needs. @throws {CliError} `argument_missing`. */
export function required<Flags>(flags: Flags, name: keyof Flags, flag: string): string {
  const value = flags[name]
  if (typeof value === 'string' && value !== '') return value
  throw new CliError('argument_missing', { detail: `"${flag}" is missing` })
}

/**
 * The absolute path that `text` means in `folder`.
 *
 * @throws {TypeError} whose message completes "NAME …"; nobody means the folder itself by an empty name.
 */
export function readPath(text: string, folder: string): string {
  if (text.trim() === '') throw new TypeError('must name a file or a folder, not nothing')
  if (/^~(\/|$)/.test(text)) {
    throw new TypeError(
      `must be a path with the folder that "~" stands for, which only a shell knows, not "${text}"`,
    )
  }
  if (/\p{Cc}/u.test(text)) throw new TypeError('must be a path without control characters')
  return resolve(folder, text)
}
