/**
 * The form in which a program tells which credentials it got, without telling them.
 *
 * @module
 */

import { createHash } from 'node:crypto'

/** A digest of all three parts. */
export function digestOfCredentials(accessKeyId: string, secret: string, sessionToken: string): string {
  return createHash('sha256').update(`${accessKeyId} ${secret} ${sessionToken}`).digest('hex')
}
