/**
 * What can be wrong with the address for health and metrics. The control plane shows it as it is, the agent in the
 * words of its own table.
 *
 * @module
 */

const ERRORS = {
  admin_taken: 'the address for health and metrics is taken; stop what holds it, or choose another',
  admin_forbidden: 'this user may not listen at the address for health and metrics',
  admin_path_long: 'the path of the socket for health and metrics is too long; the system allows 107 bytes',
  admin_unusable: 'the address for health and metrics cannot be used',
} as const

/** A stable code of what is wrong with the address. */
export type AdminErrorCode = keyof typeof ERRORS

/** Every code, in the order of the table. */
export const ADMIN_ERROR_CODES = Object.keys(ERRORS) as AdminErrorCode[]

/** Health and metrics cannot be served there. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
  readonly code: AdminErrorCode

  constructor(code: AdminErrorCode, detail: string, cause?: unknown) {
    super(`${ERRORS[code]} (${detail})`, { cause })
    this.code = code
  }
}
