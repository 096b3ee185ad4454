/**
 * The audit entry of one token request: the facts that are known when it is decided.
 *
 * @module
 */

import { clipText } from '../audit/audit-rows.ts'
import type { AuditEntry } from '../audit/audit-trail.ts'
import type { ClientPrincipal } from '../registry/clients.ts'
import type { AuthorityError, Trace } from './authority-error.ts'
import type { TokenDemand } from './token-demand.ts'

/** What is known of a request so far. */
export interface TokenRecord {
  readonly trace: Trace
  readonly time: Date
  /** Where the request came from. */
  readonly address?: string | undefined
  demand?: TokenDemand
  /** Set once who asks has proved itself: only then is the rest of what it says worth keeping. */
  holder?: ClientPrincipal
  /** Whose token it is. */
  client?: ClientPrincipal
}

/** A refusal always has its number. */
export type RefusalEntry = AuditEntry & { code: number }

/** The entry of a token that is given; one row tells of all whose ids begin alike. */
export function grantEntry(record: TokenRecord, idBeginning: string): AuditEntry {
  return { ...entryOf(record, 'done'), gathered: idBeginning }
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
function subjectOf({ demand, holder, client }: TokenRecord): Partial<AuditEntry> {
  return {
    clientId: holder?.identity.clientId ?? demand?.clientId,
    principalId: client?.identity.principalId,
    resourceId: client?.identity.resourceId || undefined,
    audience: holder && demand?.audience,
  }
}

/** The same, short enough for a log line. */
export function shownSubject(record: TokenRecord): Partial<AuditEntry> {
  const { audience, resourceId, ...names } = subjectOf(record)
  return {
    ...names,
    resourceId: resourceId && clipText(resourceId),
    audience: audience && clipText(audience),
  }
}
