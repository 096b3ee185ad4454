/**
 * A change that was refused because somebody else was faster, with what there is now.
 *
 * @module
 */

import type { Html } from '../html/html.ts'
import { ApiRefusal } from './api-refusal.ts'

/** What a route refused, and what the page about it shows of the present. */
export class LostChange extends ApiRefusal {
  readonly present: Html

  constructor({ status, code, message }: ApiRefusal, present: Html) {
    super(status, { error: { code, message } })
    this.present = present
  }
}

/** Whether what was to be changed is another version than `etag` by now, or there no more. */
export function isLate(error: unknown, etag: string | undefined): error is ApiRefusal {
  if (!(error instanceof ApiRefusal)) return false
  return error.status === 412 || (error.status === 404 && etag !== undefined)
}
