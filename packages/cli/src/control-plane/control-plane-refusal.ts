/**
 * A control plane's refusal, in its own words.
 *
 * @module
 */

import type { HttpsAnswer } from '@landfast/agent/upstream'
import { readRetryAfter, visibleSaying } from '@landfast/protocol'

/** An answer of Resource Manager, or of a route of Landfast's own, that is no success. */
export class ControlPlaneRefusal extends Error {
  override readonly name = 'ControlPlaneRefusal'
  readonly status: number
  /** ARM's word for it, such as `ResourceNotFound`; empty if the answer has none. */
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }

  /** The refusal in `answer`. */
  static of({ status, body, headers }: HttpsAnswer): ControlPlaneRefusal {
    const { code, message } = { ...(body?.error as Record<string, unknown> | undefined) }
    const sentence =
      typeof message === 'string' ? visibleSaying(message) : 'the control plane gives no reason'
    const word = typeof code === 'string' ? visibleSaying(code) : ''
    return new ControlPlaneRefusal(
      status,
      word,
      `${word || 'refused'} (${status}): ${sentence}${waitOf(headers)}`,
    )
  }
}

/** What the header says to which a sentence may refer, as its end: who runs a command sees no headers. */
export function waitOf(headers: HttpsAnswer['headers']): string {
  const seconds = readRetryAfter(headers, Date.now())
  return seconds === undefined ? '' : ` (Retry-After: ${seconds} seconds)`
}
