/**
 * The errors of the address for health and metrics. The control plane shows them as they are, the agent in the words of
 * its own table.
 *
 * @module
 */

import { codedError, withDetail } from '@landfast/protocol'

const ERRORS = {
  admin_taken: 'the address for health and metrics is taken; stop what holds it, or choose another',
  admin_forbidden: 'this user may not listen at the address for health and metrics',
  admin_path_long: 'the path of the socket for health and metrics is too long; the system allows 107 bytes',
  admin_unusable: 'the address for health and metrics cannot be used',
} as const

/** A stable code of what is wrong with the address. */
export type AdminErrorCode = keyof typeof ERRORS

/** Health and metrics cannot be served there; `detail` names the address. */
export class AdminError extends codedError('AdminError', ERRORS, withDetail) {}
