/**
 * A control plane's refusal, in its own words.
 *
 * @module
 */

import type { HttpsAnswer } from '@landfast/agent/upstream'
import { readRetryAfter, visibleSaying } from '@landfast/protocol'
import { trailHint } from './trail-hint.ts'

/** What the control plane writes into its audit trail when it refuses it. */
const RECORDED = 'AuthorizationFailed'

/** An answer of Resource Manager, or of a route of Landfast's own, that is no success. */
export class ControlPlaneRefusal extends Error {
  override readonly name = 'ControlPlaneRefusal'
  readonly status: number
  /** ARM's word for it, such as `ResourceNotFound`; empty if the answer has none. */
  readonly code: string
  /** How to look it up; undefined if the control plane keeps no entry of it. */
  readonly trailHint: string | undefined

  constructor(status: number, code: string, message: string, trailHint?: string) {
    super(message)
    this.status = status
    this.code = code
    this.trailHint = trailHint
  }

  /** The refusal in `answer` of the control plane at `origin`. */
  static of({ status, body, headers }: HttpsAnswer, origin: string): ControlPlaneRefusal {
    const { code, message } = { ...(body?.error as Record<string, unknown> | undefined) }
    const sentence =
      typeof message === 'string' ? visibleSaying(message) : 'the control plane gives no reason'
    const word = typeof code === 'string' ? visibleSaying(code) : ''
    const correlationId = headers['x-ms-correlation-request-id']
    return new ControlPlaneRefusal(
      status,
      word,
      `${word || 'refused'} (${status}): ${sentence}${waitOf(headers)}`,
      word === RECORDED ? trailHint(origin, '--correlation-id', correlationId) : undefined,
    )
  }
}

/** What the header says to which a sentence may refer, as its end: who runs a command sees no headers. */
export function waitOf(headers: HttpsAnswer['headers']): string {
  const seconds = readRetryAfter(headers, Date.now())
  return seconds === undefined ? '' : ` (Retry-After: ${seconds} seconds)`
}
