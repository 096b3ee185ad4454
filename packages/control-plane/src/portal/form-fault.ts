/**
 * A form that was not filled as it must be: it is shown again with what was typed, and what is wrong stands beside the field.
 *
 * @module
 */

import type { Html } from './html/html.ts'
import { PortalError, type PortalErrorCode } from './portal-error.ts'

/** Refuses what was typed into `field`; `sentence` says what is wrong and what to type. Nothing was changed. */
export class FormFault extends PortalError {
  readonly field: string
  readonly sentence: Html | string

  constructor(code: PortalErrorCode, field: string, sentence: Html | string) {
    super(code)
    this.field = field
    this.sentence = sentence
  }
}
