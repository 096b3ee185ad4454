/**
 * Writes one endpoint's decisions to the audit log, and limits how many refusals of a kind reach it.
 *
 * @see docs/security.md#the-audit-log
 * @module
 */

import type { Identity, ServedStyleName, WireError } from '@landfast/protocol'
import type { RefusalLimit } from '@landfast/server'
import { type AuditLog, NOT_AUDITED } from '../operation/audit.ts'
import { askerOf, type Decided, nameOf, selectedInVain, subjectOf } from './decided.ts'

/** What the log is made of. */
export interface DecisionLogOptions {
  styleName: ServedStyleName
  /** The machine's own identity, which is meant where none was selected. */
  own: Identity
  audit: AuditLog
  refusals: RefusalLimit
}

/** The decisions of one endpoint. */
export class DecisionLog {
  readonly #options: DecisionLogOptions

  constructor(options: DecisionLogOptions) {
    this.#options = options
  }

  /** Writes a grant, or the refusal by `error` if that is a decision about a token. */
  write(decided: Decided, error?: WireError): void {
    if (error && NOT_AUDITED.has(error.code)) return
    const { styleName, own, audit, refusals } = this.#options
    const suppressed = error ? refusals.take(`${subjectOf(decided.caller)} ${error.code}`) : 0
    if (suppressed === undefined) return
    const { correlationId, audience, identity, rule } = decided
    const { traceId, ...asker } = askerOf(decided)
    const selected = error && selectedInVain(decided)
    audit.write({
      time: new Date().toISOString(),
      correlationId,
      traceId,
      style: styleName,
      ...asker,
      ...(selected === undefined ? { identity: nameOf(identity ?? own) } : { selected }),
      audience,
      outcome: error ? 'refused' : 'granted',
      rule,
      reason: error?.code,
      suppressed: suppressed > 0 ? suppressed : undefined,
    })
  }
}
