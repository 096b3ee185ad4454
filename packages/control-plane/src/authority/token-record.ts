/**
 * The audit entry of one token request: the facts that are known when it is decided.
 *
 * @module
 */

import type { AuditEntry } from '../audit/audit-trail.ts'
import type { ClientPrincipal } from '../registry/clients.ts'
import type { AuthorityError, Trace } from './authority-error.ts'
import type { TokenDemand } from './token-demand.ts'

/** What is known of a request so far. */
export interface TokenRecord {
  readonly trace: Trace
  readonly time: Date
  demand?: TokenDemand
  /** Set once who asks has proved itself: only then is the rest of what it says worth keeping. */
  holder?: ClientPrincipal
  /** Whose token it is. */
  client?: ClientPrincipal
}

/** A refusal always has its number. */
export type RefusalEntry = AuditEntry & { code: number }

/** The entry of a token that is given. */
export function grantEntry(record: TokenRecord): AuditEntry {
  return entryOf(record, 'done')
}

/** The entry of a refusal. */
export function refusalEntry(record: TokenRecord, error: AuthorityError): RefusalEntry {
  return { ...entryOf(record, 'refused'), code: error.number }
}

function entryOf(record: TokenRecord, outcome: AuditEntry['outcome']): AuditEntry {
  const { trace, time } = record
  return {
    id: trace.traceId,
    correlationId: trace.correlationId,
    action: 'issue-token',
    time,
    outcome,
    ...subjectOf(record),
  }
}

/** Who asked for whose token, and for what. */
export function subjectOf({ demand, holder, client }: TokenRecord): Partial<AuditEntry> {
  return {
    clientId: holder?.identity.clientId ?? demand?.clientId,
    principalId: client?.identity.principalId,
    resourceId: client?.identity.resourceId || undefined,
    audience: holder && demand?.audience,
  }
}
