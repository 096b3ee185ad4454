import type { Kysely } from 'kysely'
import { expect, test } from 'vitest'
import type { AuditEntry } from '../audit/audit-trail.ts'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { registerTrialMachine } from '../testing/trial.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { AuthorityError } from './authority-error.ts'
import { createJournal, type JournalEntry, type LateRefusal } from './journal.ts'
import { sweepAssertions } from './spent-assertions.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

/** A database with one machine, and entries that spend assertions of it. */
async function openDatabase(): Promise<{
  storage: Storage
  db: Kysely<Schema>
  spending(id: string, jti: string, expiresAt?: Date): JournalEntry
}> {
  const { storage, db, registry } = await openTrialRegistry(() => NOW)
  const { identity, certificate } = await registerTrialMachine({ registry })
  const { clientId } = identity
  const credential = { kind: 'machine-key', id: thumbprintsOf(certificate).sha256 } as const
  const ifRefused = (id: string) => (code: LateRefusal) => refused(id, code)
  const spending = (id: string, jti: string, expiresAt = NOW) => ({
    audit: audit(id),
    grant: { clientId, credential, assertion: { jti, expiresAt }, ifRefused: ifRefused(id) },
  })
  return { storage, db, spending }
}

function audit(id: string): AuditEntry {
  return { id, time: NOW, action: 'issue-token', outcome: 'done', correlationId: 'c' }
}

function refused(id: string, code: LateRefusal): AuditEntry {
  return { ...audit(id), outcome: 'refused', code: new AuthorityError(code).number }
}

test('of entries in one commit, only the first that spends an assertion is written as done', async () => {
  const { storage, db, spending } = await openDatabase()
  const journal = createJournal(storage)
  const entries = [spending('a', 'x'), spending('b', 'x'), spending('c', 'y'), { audit: audit('d') }]
  const outcomes = await Promise.all(entries.map(journal.write))
  expect(outcomes).toEqual(['written', 'assertion_spent', 'written', 'written'])
  const rows = await db
    .selectFrom('audit')
    .select(['id', 'outcome', 'code'])
    .where('action', '=', 'issue-token')
    .orderBy('id')
    .execute()
  expect(rows.map(({ id, outcome, code }) => [id, outcome, code])).toEqual([
    ['a', 'done', null],
    ['b', 'refused', '50013'],
    ['c', 'done', null],
    ['d', 'done', null],
  ])
})

test('many entries at once are all written, in several commits', async () => {
  const { storage, db, spending } = await openDatabase()
  const journal = createJournal(storage)
  const entries = Array.from({ length: 700 }, (_, index) => spending(`id${index}`, `jti${index}`))
  const outcomes = await Promise.all(entries.map(journal.write))
  expect(new Set(outcomes)).toEqual(new Set(['written']))
  const { count } = await db
    .selectFrom('audit')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('action', '=', 'issue-token')
    .executeTakeFirstOrThrow()
  expect(count).toBe(700)
})

test('a commit that fails rejects its entries, spends nothing, and the next one goes on', async () => {
  const { storage, spending } = await openDatabase()
  const journal = createJournal(storage)
  await journal.write({ audit: audit('taken') })
  await expect(journal.write(spending('taken', 'x'))).rejects.toThrow()
  expect(await journal.write(spending('free', 'x'))).toBe('written')
})

test('a sweep deletes what has expired, in batches, and nothing else', async () => {
  const { storage, db, spending } = await openDatabase()
  const journal = createJournal(storage)
  const later = new Date(NOW.getTime() + 1000)
  const old = Array.from({ length: 501 }, (_, index) => spending(`id${index}`, `jti${index}`))
  await Promise.all([...old, spending('kept', 'kept', later)].map(journal.write))
  expect(await sweepAssertions(db, later)).toBe(true)
  expect(await sweepAssertions(db, later)).toBe(false)
  expect(await journal.write(spending('again', 'kept', later))).toBe('assertion_spent')
  expect(await journal.write(spending('new', 'jti0', later))).toBe('written')
})
