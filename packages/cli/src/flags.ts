/**
 * The values of flags that several commands have.
 *
 * @module
 */

import { InvalidArgumentError } from 'commander'
import { CliError } from './cli-error.ts'

/** The value of a flag that the command needs. @throws {CliError} `argument_missing`. */
export function required<Flags>(flags: Flags, name: keyof Flags, flag: string): string {
  const value = flags[name]
  if (typeof value === 'string' && value !== '') return value
  throw new CliError('argument_missing', { detail: `"${flag}" is missing` })
}

/** Nobody means the present folder by an empty name. @throws {InvalidArgumentError} if `text` is one. */
export function parseFolder(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('it must name a folder')
  return text
}
