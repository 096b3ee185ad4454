/**
 * The journal of the token endpoint: one durable transaction checks once more that the client may have a token, spends
 * its assertion and writes the audit entry. Requests that arrive together share it.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import {
  assignmentKey,
  type CredentialReference,
  type IdentityOfMachine,
  type Locking,
  readAssignments,
  readStandings,
  type Standing,
} from '../registry/credential-standing.ts'
import { promoteKeys } from '../registry/machine-keys.ts'
import { createExpectedEntries } from '../storage/expected-entries.ts'
import { createGroupCommit } from '../storage/group-commit.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import type { AuthorityErrorCode } from './authority-error.ts'
import { readKeptKids } from './signing-key-store.ts'
import { type SpentAssertion, spendAssertions } from './spent-assertions.ts'

/** What a commit can find against a token that was about to be given. */
export type LateRefusal = Extract<
  AuthorityErrorCode,
  | 'client_unknown'
  | 'client_disabled'
  | 'identity_unassigned'
  | 'signature_invalid'
  | 'secret_wrong'
  | 'federation_unmatched'
  | 'assertion_spent'
>

/** What a token is given for. */
export interface Grant {
  /** Who proved to hold the credential. */
  clientId: string
  credential: CredentialReference
  /** One that is good for this token only. */
  assertion?: Omit<SpentAssertion, 'clientId'> | undefined
  /** The identity whose token a machine is given. */
  assignment?: IdentityOfMachine | undefined
  /** The key that signed the token. */
  kid?: string | undefined
  /** What is written instead of the token if it must not be given; undefined for nothing. */
  ifRefused(code: LateRefusal): AuditEntry | undefined
}

/** One decision to be written. */
export interface JournalEntry {
  audit: AuditEntry
  grant?: Grant
}

/** What became of an entry. `key-withdrawn`: nothing of it was written, and a token of another key may be. */
export type JournalOutcome = 'written' | 'key-withdrawn' | LateRefusal

/** Writes entries. A rejected promise means that nothing was written: no token may be given. */
export interface Journal {
  write(entry: JournalEntry): Promise<JournalOutcome>
  /** Says that an entry is about to come, which others wait for a little; the function says that it has, or never will. */
  expect(): () => void
}

/** The journal in `storage`. */
export function createJournal(storage: Storage): Journal {
  const settle = (entries: readonly JournalEntry[]) => commit(storage, entries)
  const expected = createExpectedEntries()
  return {
    write: createGroupCommit(settle, { lanes: storage.lanes, expected }),
    expect: () => expected.expect(),
  }
}

/**
 * An `append`, since every replica writes here with every token, and serializable transactions that insert into one
 * index conflict without need. It is enough: the rows of the client stay locked until the commit, so that a
 * revocation comes wholly before or after it; and a transaction that inserts a digest waits for a rival that is inserting it.
 */
function commit(storage: Storage, entries: readonly JournalEntry[]): Promise<JournalOutcome[]> {
  return storage.append(async (trx) => {
    const withdrawn = await withdrawals(trx, entries)
    const standing = entries.filter((entry) => !withdrawn.has(entry))
    const refusals = await revocations(trx, standing, storage)
    const replayed = await replays(
      trx,
      standing.filter((entry) => !refusals.has(entry)),
    )
    const refusedBy = (entry: JournalEntry) =>
      refusals.get(entry) ?? (replayed.has(entry) ? 'assertion_spent' : undefined)
    await recordAudit(
      trx,
      standing.flatMap((entry) => auditOf(entry, refusedBy(entry)) ?? []),
    )
    return entries.map((entry) => (withdrawn.has(entry) ? 'key-withdrawn' : (refusedBy(entry) ?? 'written')))
  })
}

/** The entries whose token another replica's word has made worthless meanwhile. */
async function withdrawals(
  trx: Transaction<Schema>,
  entries: readonly JournalEntry[],
): Promise<ReadonlySet<JournalEntry>> {
  const signed = entries.filter(({ grant }) => grant?.kid !== undefined)
  if (signed.length === 0) return new Set()
  const kept = await readKeptKids(trx)
  return new Set(signed.filter(({ grant }) => !kept.has(grant?.kid ?? '')))
}

/** The entries whose client was changed while they were verified, signed and waiting for this commit. */
async function revocations(
  trx: Transaction<Schema>,
  entries: readonly JournalEntry[],
  locking: Locking,
): Promise<ReadonlyMap<JournalEntry, LateRefusal>> {
  const grants = entries.flatMap(({ grant }) => grant ?? [])
  const standingOf = await readStandings(trx, grants, locking)
  const assignments = await readAssignments(
    trx,
    grants.flatMap(({ assignment }) => assignment ?? []),
    locking,
  )
  const refusals = new Map<JournalEntry, LateRefusal>()
  for (const entry of entries) {
    if (!entry.grant) continue
    const refusal = refusalOf(entry.grant, standingOf(entry.grant), assignments)
    if (refusal) refusals.set(entry, refusal)
  }
  await promoteProven(trx, { entries, refusals, standingOf })
  return refusals
}

/** What a client is told whose credential was taken away. */
const WITHOUT_CREDENTIAL = {
  'machine-key': 'signature_invalid',
  certificate: 'signature_invalid',
  secret: 'secret_wrong',
  federated: 'federation_unmatched',
} as const satisfies Record<CredentialReference['kind'], LateRefusal>

/** In the order in which a request of now would be refused. */
function refusalOf(
  { credential, assignment }: Grant,
  standing: Standing,
  assignments: ReadonlySet<string>,
): LateRefusal | undefined {
  if (standing.gone) return 'client_unknown'
  if (!standing.hasCredential) return WITHOUT_CREDENTIAL[credential.kind]
  if (standing.disabled) return 'client_disabled'
  return assignment && !assignments.has(assignmentKey(assignment)) ? 'identity_unassigned' : undefined
}

/** A token for a new key of a machine is the first proven use of it, which ends the old one. */
async function promoteProven(
  trx: Transaction<Schema>,
  found: {
    entries: readonly JournalEntry[]
    refusals: ReadonlyMap<JournalEntry, LateRefusal>
    standingOf(grant: Grant): Standing
  },
): Promise<void> {
  const proven = found.entries.flatMap((entry) => {
    const { grant } = entry
    return grant && !found.refusals.has(entry) && found.standingOf(grant).pending ? [grant.credential.id] : []
  })
  await promoteKeys(trx, proven)
}

/** Spends the assertions of `entries`; resolves to those whose assertion was spent before. */
async function replays(
  trx: Transaction<Schema>,
  entries: readonly JournalEntry[],
): Promise<ReadonlySet<JournalEntry>> {
  const spending = entries.flatMap((entry) => {
    const { clientId, assertion } = entry.grant ?? {}
    return clientId && assertion ? [{ entry, assertion: { clientId, ...assertion } }] : []
  })
  const fresh = await spendAssertions(
    trx,
    spending.map(({ assertion }) => assertion),
  )
  return new Set(spending.filter((_, index) => !fresh[index]).map(({ entry }) => entry))
}

function auditOf({ audit, grant }: JournalEntry, refusal: LateRefusal | undefined) {
  return grant && refusal ? grant.ifRefused(refusal) : audit
}
