/**
 * The flags that name one role of one principal.
 *
 * @module
 */

import { CliError } from '../cli-error.ts'
import type { PlaceFlags } from './resource-names.ts'

/** As commander reads them. */
export interface RoleFlags extends PlaceFlags {
  role?: string
  assignee?: string
  scope?: string
  appRole?: string
  resource?: string
}

/** The value of a flag that the command needs. @throws {CliError} `argument_missing`. */
export function required(flags: RoleFlags, name: keyof RoleFlags, flag: string): string {
  const value = flags[name]
  if (typeof value === 'string' && value !== '') return value
  throw new CliError('argument_missing', { detail: `"${flag}" is missing` })
}
