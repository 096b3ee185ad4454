import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { createSharedChanges } from './shared-changes.ts'
import type { Storage, Work } from './storage.ts'
import { StorageError } from './storage-error.ts'

class Refused extends Error {}

const now = () => new Date()
const isRefusal = (error: unknown): error is Error => error instanceof Refused

/** Shared changes of a storage, and how many transactions they were. */
async function setUp(database: (typeof DATABASES)[number]) {
  const { storage, db } = await openTrialRegistry(now, { database })
  let transactions = 0
  const change: Storage['change'] = (work) => {
    transactions += 1
    return storage.change(work)
  }
  const share = createSharedChanges({ change }, isRefusal)
  const ids = async () => {
    const rows = await db.selectFrom('audit_volume').select('minute').orderBy('minute').execute()
    return rows.map(({ minute }) => minute)
  }
  return { share, ids, transactions: () => transactions }
}

/** Adds a row, and tells how many there were before. */
function adding(minute: number): Work<number> {
  return async (trx) => {
    const before = await trx.selectFrom('audit_volume').select('minute').execute()
    await trx.insertInto('audit_volume').values({ minute, bytes: 0, token_bytes: 0 }).execute()
    return before.length
  }
}

function refusing(minute: number): Work<number> {
  return async (trx) => {
    await adding(minute)(trx)
    throw new Refused('no')
  }
}

const failing: Work<number> = async (trx) => {
  await sql`select * from no_such_table`.execute(trx)
  return 0
}

describe.each(DATABASES)('on %s', (database) => {
  test('changes that come together are one transaction, and each sees those before it', async () => {
    const { share, ids, transactions } = await setUp(database)
    const seen = await Promise.all([1, 2, 3].map((minute) => share(adding(minute))))
    expect([seen, await ids(), transactions()]).toEqual([[0, 1, 2], [1, 2, 3], 1])
  })

  test('one that is refused leaves nothing behind, and the others stay', async () => {
    const { share, ids, transactions } = await setUp(database)
    const works = [adding(1), refusing(2), adding(3), refusing(4)]
    const settled = await Promise.allSettled(works.map((work) => share(work)))
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    expect(settled[1]).toMatchObject({ reason: expect.any(Refused) })
    expect([await ids(), transactions()]).toEqual([[1, 3], 1])
  })

  test('one that the database does not take keeps no other from it', async () => {
    const { share, ids } = await setUp(database)
    const works = [adding(1), failing, adding(3)]
    const settled = await Promise.allSettled(works.map((work) => share(work)))
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await ids()).toEqual([1, 3])
  })
})

test('while the database is away none is tried one by one', async () => {
  let transactions = 0
  const change = async () => {
    transactions += 1
    throw new StorageError('storage_unavailable')
  }
  const share = createSharedChanges({ change }, isRefusal)
  const settled = await Promise.allSettled([1, 2, 3].map((minute) => share(adding(minute))))
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(transactions).toBe(1)
})
