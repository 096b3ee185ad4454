/**
 * The refusals of the onboarding routes. The table of codes belongs to the wire, since the agent acts on them.
 *
 * @see ../../../protocol/src/onboarding-errors.ts
 * @module
 */

import { type Identity, ONBOARDING_ERRORS, type OnboardingErrorCode } from '@landfast/protocol'
import { ArmRefusal } from '../arm/arm-error.ts'
import { RegistryError, type RegistryErrorCode } from '../registry/registry-error.ts'

/** A request of a machine, or of who wants to be one, that is refused. */
export class OnboardingError extends ArmRefusal {
  override readonly name = 'OnboardingError'
  readonly code: OnboardingErrorCode
  readonly status: number
  /** Whose machine asked, if that was proven: for the audit trail. */
  readonly identity: Identity | undefined

  /** `detail` and `message` go on the wire; they must not hold anything secret or unchecked. */
  constructor(
    code: OnboardingErrorCode,
    options: { detail?: string; message?: string; identity?: Identity; cause?: unknown } = {},
  ) {
    const [status, , sentence] = ONBOARDING_ERRORS[code]
    const { detail, message = sentence, cause } = options
    super(detail ? `${message}: ${detail}` : message, { cause })
    this.code = code
    this.status = status
    this.identity = options.identity
  }
}

/** What the registry's refusals mean to a machine; the others are failures of ours. */
const REGISTRY_CODES: Partial<Record<RegistryErrorCode, OnboardingErrorCode>> = {
  name_malformed: 'InvalidParameter',
  group_malformed: 'InvalidParameter',
  location_malformed: 'InvalidParameter',
  key_malformed: 'InvalidKey',
  key_unsupported: 'InvalidKey',
  key_known: 'KeyKnown',
  machine_exists: 'MachineExists',
}

/** Whether `error` is a decision about a machine, and no failure. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof OnboardingError || error instanceof RegistryError
}

/** `error` as a machine is told it. */
export function onboardingErrorOf(error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error
  const code = REGISTRY_CODES[error.code]
  if (!code) return error
  // The other sentences are the same on both sides.
  return new OnboardingError(code, {
    cause: error,
    ...(code === 'InvalidParameter' ? { detail: error.message } : {}),
  })
}
