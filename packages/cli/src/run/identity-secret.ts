/**
 * The secret of an App Service endpoint, made for one run and gone with it.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'

const SECRET_BYTES = 32

/** A value for `IDENTITY_HEADER` that cannot be guessed. */
export function newIdentitySecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}
