import { describe, expect, test } from 'vitest'
import { sweepAssertions } from '../operation/expired-rows.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialJournal, trialAudit } from '../testing/trial-journal.ts'
import { createJournal } from './token-journal.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

describe.each(DATABASES)('on %s', (database) => {
  test('of entries in one commit, only the first that spends an assertion is written as done', async () => {
    const { storage, db, spending } = await openTrialJournal(NOW, { database })
    const journal = createJournal(storage)
    const entries = [
      spending('a', 'x'),
      spending('b', 'x'),
      spending('c', 'y'),
      { audit: trialAudit('d', NOW) },
    ]
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
    const { storage, db, spending } = await openTrialJournal(NOW, { database })
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
    const { storage, spending } = await openTrialJournal(NOW, { database })
    const journal = createJournal(storage)
    await journal.write({ audit: trialAudit('taken', NOW) })
    await expect(journal.write(spending('taken', 'x'))).rejects.toThrow()
    expect(await journal.write(spending('free', 'x'))).toBe('written')
  })

  test('a sweep deletes what has expired, in batches, and nothing else', async () => {
    const { storage, db, spending } = await openTrialJournal(NOW, { database })
    const journal = createJournal(storage)
    const later = new Date(NOW.getTime() + 1000)
    const old = Array.from({ length: 501 }, (_, index) => spending(`id${index}`, `jti${index}`))
    await Promise.all([...old, spending('kept', 'kept', later)].map(journal.write))
    expect(await sweepAssertions(db, later)).toBe(true)
    expect(await sweepAssertions(db, later)).toBe(false)
    expect(await journal.write(spending('again', 'kept', later))).toBe('assertion_spent')
    expect(await journal.write(spending('new', 'jti0', later))).toBe('written')
  })
})
