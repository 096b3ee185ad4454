/**
 * The journal of the token endpoint: looks once more whether the client may have a token, spends its assertion
 * and writes the audit entry in one durable transaction, which requests that arrive together share.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import { type AuditEntry, recordAudit } from '../audit/audit-trail.ts'
import { type ClientStanding, clientStandings } from '../registry/clients.ts'
import { createGroupCommit } from '../storage/group-commit.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import type { AuthorityErrorCode } from './authority-error.ts'
import { type SpentAssertion, spendAssertions } from './spent-assertions.ts'

/** What a commit can find against a token that was about to be given. */
export type LateRefusal = Extract<
  AuthorityErrorCode,
  'client_unknown' | 'client_disabled' | 'signature_invalid' | 'assertion_spent'
>

/** The assertion that a token is given for. */
interface Spending {
  assertion: SpentAssertion
  /** `x5t#S256` of the key that proved it. */
  keySha256: string
  /** What is written instead of the token if it must not be given. */
  ifRefused(code: LateRefusal): AuditEntry
}

/** One decision to be written. */
export interface JournalEntry {
  audit: AuditEntry
  spends?: Spending
}

/** What became of an entry. */
export type JournalOutcome = 'written' | LateRefusal

/** Writes entries. A rejected promise means that nothing was written: no token may be given. */
export interface Journal {
  write(entry: JournalEntry): Promise<JournalOutcome>
}

/** The journal in `storage`. */
export function createJournal(storage: Storage): Journal {
  return { write: createGroupCommit((entries: readonly JournalEntry[]) => commit(storage, entries)) }
}

function commit(storage: Storage, entries: readonly JournalEntry[]): Promise<JournalOutcome[]> {
  return storage.change(async (trx) => {
    const refusals = await revocations(trx, entries)
    const replayed = await replays(
      trx,
      entries.filter((entry) => !refusals.has(entry)),
    )
    const outcomes = entries.map(
      (entry) => refusals.get(entry) ?? (replayed.has(entry) ? 'assertion_spent' : 'written'),
    )
    await recordAudit(
      trx,
      entries.map((entry, index) => auditOf(entry, outcomes[index])),
    )
    return outcomes
  })
}

/** The entries whose machine was changed while they were verified, signed and waiting for this commit. */
async function revocations(
  trx: Transaction<Schema>,
  entries: readonly JournalEntry[],
): Promise<ReadonlyMap<JournalEntry, LateRefusal>> {
  const clientIds = new Set(entries.flatMap(({ spends }) => (spends ? [spends.assertion.clientId] : [])))
  const standings = await clientStandings(trx, [...clientIds])
  const refusals = new Map<JournalEntry, LateRefusal>()
  for (const entry of entries) {
    if (!entry.spends) continue
    const { assertion, keySha256 } = entry.spends
    const refusal = refusalOf(standings.get(assertion.clientId), keySha256)
    if (refusal) refusals.set(entry, refusal)
  }
  return refusals
}

/** In the order in which a request of now would be refused. */
function refusalOf(standing: ClientStanding | undefined, keySha256: string): LateRefusal | undefined {
  if (!standing) return 'client_unknown'
  if (!standing.keys.has(keySha256)) return 'signature_invalid'
  return standing.disabled ? 'client_disabled' : undefined
}

/** Spends the assertions of `entries`; resolves to those whose assertion was spent before. */
async function replays(
  trx: Transaction<Schema>,
  entries: readonly JournalEntry[],
): Promise<ReadonlySet<JournalEntry>> {
  const spending = entries.flatMap((entry) => (entry.spends ? [{ entry, ...entry.spends }] : []))
  const fresh = await spendAssertions(
    trx,
    spending.map(({ assertion }) => assertion),
  )
  return new Set(spending.filter((_, index) => !fresh[index]).map(({ entry }) => entry))
}

function auditOf({ audit, spends }: JournalEntry, outcome: JournalOutcome = 'assertion_spent'): AuditEntry {
  return spends && outcome !== 'written' ? spends.ifRefused(outcome) : audit
}
