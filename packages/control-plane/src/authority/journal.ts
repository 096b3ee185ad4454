/**
 * The journal of the token endpoint: looks once more whether the client may have a token, spends its assertion
 * and writes the audit entry in one durable transaction. Requests that arrive together share a commit, since each commit waits for the disk.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { type AuditEntry, recordAudit } from '../audit/audit-trail.ts'
import { type ClientStanding, clientStandings } from '../registry/clients.ts'
import { createGroupCommit } from '../storage/group-commit.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import type { AuthorityErrorCode } from './authority-error.ts'

/** An assertion that may be used only once. */
interface SpentAssertion {
  clientId: string
  jti: string
  /** From then on nobody could present it again. */
  expiresAt: Date
}

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
    const fresh = await spend(
      trx,
      entries.filter((entry) => !refusals.has(entry)),
    )
    const outcomes = entries.map((entry) => refusals.get(entry) ?? spendingOutcome(entry, fresh))
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

/** Of two in one commit that present the same assertion, only the first finds it fresh. */
function spendingOutcome({ spends }: JournalEntry, fresh: Set<string>): JournalOutcome {
  return !spends || fresh.delete(digestOf(spends.assertion)) ? 'written' : 'assertion_spent'
}

/** The digests that were not there before. */
async function spend(trx: Transaction<Schema>, entries: readonly JournalEntry[]): Promise<Set<string>> {
  const rows = entries.flatMap(({ spends }) =>
    spends ? [{ digest: digestOf(spends.assertion), expires_at: spends.assertion.expiresAt.getTime() }] : [],
  )
  if (rows.length === 0) return new Set()
  const inserted = await trx
    .insertInto('assertion')
    .values(rows)
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .returning('digest')
    .execute()
  return new Set(inserted.map(({ digest }) => digest))
}

function auditOf({ audit, spends }: JournalEntry, outcome: JournalOutcome = 'assertion_spent'): AuditEntry {
  return spends && outcome !== 'written' ? spends.ifRefused(outcome) : audit
}

/** A digest takes the same room however long the `jti` is; the zero byte keeps the two parts apart. */
function digestOf({ clientId, jti }: SpentAssertion): string {
  return createHash('sha256').update(`${clientId}\0${jti}`).digest('base64url')
}

/** How many rows one step of a sweep deletes at most, so that requests wait little for it. */
const SWEEP_MAX_ROWS = 500

/** Deletes one batch of assertions that nobody could present again; resolves to whether more may be left. */
export async function sweepAssertions(db: Kysely<Schema>, now: Date): Promise<boolean> {
  const expired = db
    .selectFrom('assertion')
    .select('digest')
    .where('expires_at', '<', now.getTime())
    .limit(SWEEP_MAX_ROWS)
  const { numDeletedRows } = await db
    .deleteFrom('assertion')
    .where('digest', 'in', expired)
    .executeTakeFirst()
  return Number(numDeletedRows) === SWEEP_MAX_ROWS
}
