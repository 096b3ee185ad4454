/**
 * Why a person does not come in by the provider: the code of what is shown, and for the log what was wrong.
 *
 * @module
 */

import type { PortalErrorCode } from '../portal-error.ts'
import type { FailedSignIn } from './openid-pages.ts'

/** The failure of a sign-in. */
export class OpenIdFailure extends Error {
  override readonly name = 'OpenIdFailure'
  readonly code: OpenIdCode
  /** What the page says besides. */
  readonly shown: Pick<FailedSignIn, 'word' | 'stranger'>

  /** `detail` holds no token. */
  constructor(code: OpenIdCode, detail: string, shown: OpenIdFailure['shown'] = {}) {
    super(detail)
    this.code = code
    this.shown = shown
  }
}

/** A code of what is shown. */
export type OpenIdCode = Extract<PortalErrorCode, `openid_${string}`>
