/**
 * Why an emulator does not start, or does not do what it was asked to: one table gives each code its sentence.
 *
 * @see docs/errors.md#the-emulator
 * @module
 */

import { codedError, withDetail } from '@landfast/protocol'

const ERRORS = {
  option_invalid: 'an option of the emulator cannot be used',
  folder_unusable: 'a folder cannot be used',
  stopped: 'the emulator has stopped',
  identity_unknown: 'the emulator has no such user-assigned identity',
  administration_refused: 'the control plane of the emulator refused a change',
  fault_invalid: 'this fault cannot be made',
  service_missing: 'a service is not installed',
  service_failed: 'a service did not start',
  registration_foreign:
    'the registration does not belong to the control plane beside it; remove its file to register this machine anew, with another identity',
} as const

/** A stable code of what was wrong. */
export type EmulatorErrorCode = keyof typeof ERRORS

/** The emulator cannot be used so. */
export class EmulatorError extends codedError('EmulatorError', ERRORS, withDetail) {
  /** `detail` names what is wrong, and with what. */
  constructor(code: EmulatorErrorCode, detail: string, cause?: unknown) {
    super(code, { detail, cause })
  }
}
