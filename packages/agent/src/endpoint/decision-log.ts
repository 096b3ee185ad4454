/**
 * Writes one endpoint's decisions to the audit log, and limits how many refusals of a kind reach it.
 *
 * @see docs/security.md#the-audit-log
 * @module
 */

import type { Identity, ServedStyleName, Trace, WireError } from '@landfast/protocol'
import type { RefusalLimit } from '@landfast/server'
import type { Caller } from '../caller/caller.ts'
import { type AuditLog, NOT_AUDITED } from '../operation/audit.ts'

/** What a decision was about, as far as it is known. */
export interface Decided {
  readonly correlationId: string
  /** The trace that the caller says the request is a part of. */
  readonly trace?: Trace | undefined
  caller?: Caller
  audience?: string
  identity?: Identity
  /** The rule of the policy that decided. */
  rule?: string | undefined
}

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

  /** Whether an error is a decision about a token. */
  includes({ code }: WireError): boolean {
    return !NOT_AUDITED.has(code)
  }

  /** Writes a grant, or the refusal by `error`. */
  write({ correlationId, trace, caller, audience, identity, rule }: Decided, error?: WireError): void {
    const { styleName, own, audit, refusals } = this.#options
    const suppressed = error ? refusals.take(`${subjectOf(caller)} ${error.code}`) : 0
    if (suppressed === undefined) return
    audit.write({
      time: new Date().toISOString(),
      correlationId,
      traceId: trace?.traceId,
      style: styleName,
      userId: caller?.userId,
      user: caller?.user,
      program: caller?.program?.path,
      processId: caller?.program?.processId,
      unit: caller?.program?.placement?.unit,
      container: caller?.program?.placement?.container?.id,
      workload: caller?.workload,
      address: caller?.address,
      identity: nameOf(identity ?? own),
      audience,
      outcome: error ? 'refused' : 'granted',
      rule,
      reason: error?.code,
      suppressed: suppressed > 0 ? suppressed : undefined,
    })
  }
}

/** An application of Entra ID has no ARM id. */
function nameOf({ resourceId, clientId }: Identity): string {
  return resourceId || clientId
}

/** Whose refusals are counted together. */
function subjectOf({ userId, workload, address }: Partial<Caller> = {}): string {
  if (workload !== undefined) return `workload ${workload}`
  return address === undefined ? `${userId}` : `address ${address}`
}
