import { sql } from 'kysely'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { trialDatabaseUrl } from '../testing/trial-database.ts'
import { openPostgres } from './postgres.ts'

/** A storage with one connection, so that each statement meets what the one before left. */
async function openOne() {
  const url = (await trialDatabaseUrl('postgres')) ?? ''
  const storage = await openPostgres(url, pino({ enabled: false }), { connections: 1 })
  const kept = async () => {
    const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(
      storage.db,
    )
    return rows.map(({ statement }) => statement)
  }
  const add = (a: number, b: number) =>
    storage.runAlone?.<{ sum: number }>('select $1::int + $2::int as sum', [a, b])
  return { storage, kept, add }
}

test('a statement that is a change of its own is left with the server, and its values are not', async () => {
  const { storage, kept, add } = await openOne()
  expect(await add(1, 2)).toEqual([{ sum: 3 }])
  expect(await add(3, 4)).toEqual([{ sum: 7 }])
  expect(await kept()).toEqual(['select $1::int + $2::int as sum'])
  await storage.close()
})

test('where the server has lost what was left with it, as behind a pooler, nothing is left there any more', async () => {
  const { storage, kept, add } = await openOne()
  await add(1, 2)
  await sql`deallocate all`.execute(storage.db)
  expect(await add(3, 4)).toEqual([{ sum: 7 }])
  expect(await add(5, 6)).toEqual([{ sum: 11 }])
  expect(await kept()).toEqual([])
  await storage.close()
})
