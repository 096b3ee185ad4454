/**
 * A definite refusal by a control plane's onboarding.
 *
 * @see docs/errors.md
 * @module
 */

import type { OnboardingErrorCode } from '@landfast/protocol'

/** The control plane refused definitely; the message is its own. */
export class OnboardingRefused extends Error {
  override readonly name = 'OnboardingRefused'
  readonly code: OnboardingErrorCode

  constructor(code: OnboardingErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
