/** Statements that are built once, on each database. */

import { describe, expect, test } from 'vitest'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialStorage } from '../testing/trial-registry.ts'
import { migrate } from './migrations.ts'
import type { Schema } from './schema.ts'
import { prepareStatement } from './statement.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

type Entry = Schema['audit']

function entryOf(id: string, code: string | null): Entry {
  const names = {
    last_time: null,
    gathered: null,
    origin: null,
    detail: null,
    client_id: null,
    principal_id: null,
    resource_id: null,
    audience: null,
  }
  const fixed = {
    time: NOW.getTime(),
    action: 'issue-token',
    outcome: 'refused',
    suppressed: 0,
    count: 1,
  } as const
  return { id, code, correlation_id: id, ...names, ...fixed }
}

/** Statements that say how often they were built. */
function countedStatements() {
  const built = { insert: 0, select: 0 }
  const insert = prepareStatement((db, { rows }: { rows: readonly Entry[] }) => {
    built.insert += 1
    return db.insertInto('audit').values(rows)
  })
  const select = prepareStatement((db, about: { ids: readonly string[]; backwards: boolean }) => {
    built.select += 1
    return db
      .selectFrom('audit')
      .select(['id', 'code'])
      .where('id', 'in', about.ids)
      .where('outcome', '=', 'refused')
      .orderBy('id', about.backwards ? 'desc' : 'asc')
  })
  return { built, insert, select }
}

async function openMigrated(database: (typeof DATABASES)[number]) {
  const storage = await openTrialStorage({ database })
  await migrate(storage, NOW)
  return storage
}

describe.each(DATABASES)('on %s', (database) => {
  test('a statement is built once for each length, and each time with values of its own', async () => {
    const { db } = await openMigrated(database)
    const { built, insert, select } = countedStatements()
    await insert(db, { rows: [entryOf('a', null), entryOf('b', "'")] })
    await insert(db, { rows: [entryOf('c', '$1'), entryOf('d', '?')] })
    expect(await select(db, { ids: ['a', 'b'], backwards: false })).toEqual([
      { id: 'a', code: null },
      { id: 'b', code: "'" },
    ])
    expect(await select(db, { ids: ['d', 'c'], backwards: false })).toEqual([
      { id: 'c', code: '$1' },
      { id: 'd', code: '?' },
    ])
    expect(built).toEqual({ insert: 1, select: 1 })
    expect(await select(db, { ids: ['a', 'c', 'd'], backwards: false })).toHaveLength(3)
    expect(built.select).toBe(2)
  })

  test('what is no list is part of the text', async () => {
    const { db } = await openMigrated(database)
    const { insert, select } = countedStatements()
    await insert(db, { rows: [entryOf('a', '1'), entryOf('b', '2')] })
    const ids = ['a', 'b']
    expect((await select(db, { ids, backwards: false })).map(({ id }) => id)).toEqual(['a', 'b'])
    expect((await select(db, { ids, backwards: true })).map(({ id }) => id)).toEqual(['b', 'a'])
  })

  test('rows may name their columns in any order', async () => {
    const { db } = await openMigrated(database)
    const { insert, select } = countedStatements()
    const backwards = Object.fromEntries(Object.entries(entryOf('b', '2')).reverse()) as unknown as Entry
    await insert(db, { rows: [entryOf('a', '1'), backwards] })
    await insert(db, { rows: [backwards, entryOf('c', '3')].map((row) => ({ ...row, id: `${row.id}2` })) })
    expect(await select(db, { ids: ['b', 'b2', 'c2'], backwards: false })).toEqual([
      { id: 'b', code: '2' },
      { id: 'b2', code: '2' },
      { id: 'c2', code: '3' },
    ])
  })

  test('a transaction that is taken back takes the rows of a statement back', async () => {
    const storage = await openMigrated(database)
    const { insert, select } = countedStatements()
    const failing = storage.append(async (trx) => {
      await insert(trx, { rows: [entryOf('a', '1')] })
      throw new Error('not so')
    })
    await expect(failing).rejects.toThrow('not so')
    expect(await select(storage.db, { ids: ['a'], backwards: false })).toEqual([])
  })
})

test('one statement serves both databases, each in its own words', async () => {
  const { insert, select } = countedStatements()
  for (const database of DATABASES) {
    const { db } = await openMigrated(database)
    await insert(db, { rows: [entryOf('a', database)] })
    expect(await select(db, { ids: ['a'], backwards: false })).toEqual([{ id: 'a', code: database }])
  }
})
