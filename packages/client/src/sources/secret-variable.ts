/**
 * The secret of an endpoint in a variable.
 *
 * @module
 */

import { ClientError } from '../errors.ts'

const HEADER_VALUE = /^[\t -~]+$/

/** The secret in the variable `name`. @throws {ClientError} `variable_invalid` if no header can hold it; never shows it. */
export function readSecret(name: string, value: string): string {
  if (HEADER_VALUE.test(value)) return value
  throw new ClientError(
    'variable_invalid',
    `${name} holds a character that no header can, such as a line break`,
  )
}
