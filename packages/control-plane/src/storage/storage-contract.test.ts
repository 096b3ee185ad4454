/** What every database must do, whichever it is: one body for all of them. */

import { type Kysely, sql, type Transaction } from 'kysely'
import { describe, expect, test } from 'vitest'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialStorage } from '../testing/trial-registry.ts'
import { FIRST_TABLES } from './first-tables.ts'
import { migrate } from './migrations.ts'
import type { Schema } from './schema.ts'

/** A step without a statement. */
const NOTHING = { statements: [] }

const NOW = new Date('2030-01-01T00:00:00Z')
const TENANT = 'tenant'

describe.each(DATABASES)('on %s', (database) => {
  async function openMigrated() {
    const storage = await openTrialStorage({ database })
    await migrate(storage, NOW)
    await storage.db.insertInto('tenant').values({ id: TENANT, created_at: 0 }).execute()
    return storage
  }

  test('migrations run once, and again they change nothing', async () => {
    const storage = await openMigrated()
    await Promise.all([migrate(storage, new Date(0)), migrate(storage, new Date(0))])
    const { rows } = await sql<{ number: number; applied_at: number }>`
      select * from migration order by number`.execute(storage.db)
    expect(rows).toEqual(rows.map((_, index) => ({ number: index + 1, applied_at: NOW.getTime() })))
    expect(rows.length).toBeGreaterThan(1)
  })

  test('a migration that fails leaves the database as it was, and the next one goes on from there', async () => {
    const storage = await openTrialStorage({ database })
    await migrate(storage, NOW, [NOTHING])
    const good = 'create table good (id text primary key)'
    const broken = migrate(storage, NOW, [
      NOTHING,
      { statements: [good] },
      { statements: ['create table broken ('] },
    ])
    await expect(broken).rejects.toThrow()
    await expect(sql`select * from good`.execute(storage.db)).rejects.toThrow()
    await migrate(storage, NOW, [NOTHING, { statements: [good] }])
    expect((await sql`select * from good`.execute(storage.db)).rows).toEqual([])
  })

  test('a database of the first version is brought up to date and keeps what it holds', async () => {
    const storage = await openTrialStorage({ database })
    await migrate(storage, NOW, [{ statements: FIRST_TABLES }])
    await sql`insert into tenant (id, created_at) values (${TENANT}, 0)`.execute(storage.db)
    await sql`insert into subscription (id, tenant_id, display_name, created_at) values ('s', ${TENANT}, 'n', 0)`.execute(
      storage.db,
    )
    await sql`insert into join_token values ('i', 'h', 's', 'g', 'l', '{}', 1, 0, 0, 'c', 0)`.execute(
      storage.db,
    )
    await migrate(storage, NOW)
    const tokens = await storage.db.selectFrom('join_token').select(['id', 'uses', 'replaces']).execute()
    expect(tokens).toEqual([{ id: 'i', uses: 0, replaces: null }])
  })

  test('a database that a newer version changed is refused', async () => {
    const storage = await openMigrated()
    await sql`insert into migration values (999, 0)`.execute(storage.db)
    await expect(migrate(storage, NOW)).rejects.toMatchObject({ code: 'storage_newer' })
  })

  test.each(['change', 'append'] as const)('a %s that throws changes nothing', async (way) => {
    const storage = await openMigrated()
    const failing = storage[way](async (trx) => {
      await subscribe(trx, 'a')
      await subscribe(trx, 'b')
      throw new Error('not so')
    })
    await expect(failing).rejects.toThrow('not so')
    expect(await subscriptions(storage.db)).toEqual([])
    await storage[way]((trx) => subscribe(trx, 'c'))
    expect(await subscriptions(storage.db)).toEqual(['c'])
  })

  test('of many changes at once that each look first, one acts', async () => {
    const storage = await openMigrated()
    const takeName = (id: string) =>
      storage.change(async (trx) => {
        const taken = await trx.selectFrom('subscription').select('id').executeTakeFirst()
        if (taken) return false
        await subscribe(trx, id)
        return true
      })
    const ids = Array.from({ length: 20 }, (_, index) => `s${index}`)
    const acted = await Promise.all(ids.map(takeName))
    expect(acted.filter(Boolean)).toHaveLength(1)
    expect(await subscriptions(storage.db)).toEqual([ids[acted.indexOf(true)]])
  })

  test('many changes of one row at once are all kept', async () => {
    const storage = await openMigrated()
    await sql`create table counter (value bigint not null)`.execute(storage.db)
    await sql`insert into counter values (0)`.execute(storage.db)
    const count = () =>
      storage.change(async (trx) => {
        const { rows } = await sql<{ value: number }>`select value from counter`.execute(trx)
        await sql`update counter set value = ${(rows[0]?.value ?? 0) + 1}`.execute(trx)
      })
    await Promise.all(Array.from({ length: 8 }, count))
    const { rows } = await sql`select value from counter`.execute(storage.db)
    expect(rows).toEqual([{ value: 8 }])
  })

  test('text is ordered by its code points, and pages by it lose nothing', async () => {
    const storage = await openMigrated()
    const ids = ['Z', 'a', 'B', 'b', '_', '-', 'é', 'z', 'ä', '0', '10', '2', 'a-b', 'ab', '🜁', '\uffee']
    for (const id of ids) await storage.change((trx) => subscribe(trx, id))
    const byBytes = ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(await subscriptions(storage.db)).toEqual(byBytes)
    const after = await storage.db
      .selectFrom('subscription')
      .select('id')
      .where('id', '>', 'B')
      .orderBy('id')
      .limit(3)
      .execute()
    expect(after.map(({ id }) => id)).toEqual(byBytes.slice(byBytes.indexOf('B') + 1).slice(0, 3))
  })

  test('a text comes back as it was given, in whatever script', async () => {
    const storage = await openMigrated()
    const texts = [
      '',
      ' ',
      "o'clock",
      'naïve',
      'na\u0069\u0308ve',
      'שלום',
      '試験',
      '👩‍🚀',
      '"\\\n\t',
      'x'.repeat(100_000),
    ]
    for (const text of texts) {
      const id = String(texts.indexOf(text))
      await storage.change((trx) => subscribe(trx, id, text))
      const row = await storage.db
        .selectFrom('subscription')
        .select('id')
        .where('display_name', '=', text)
        .execute()
      expect(row).toEqual([{ id }])
    }
  })

  test('whole numbers are numbers, to the last of them; a larger one is never given wrongly', async () => {
    const storage = await openMigrated()
    const write = (id: string, created_at: number | bigint) =>
      storage.db
        .insertInto('tenant')
        .values({ id, created_at: created_at as number })
        .execute()
    await write('largest', Number.MAX_SAFE_INTEGER)
    await write('smallest', Number.MIN_SAFE_INTEGER)
    const { fn } = storage.db
    const found = await storage.db
      .selectFrom('tenant')
      .select([
        fn.max<number>('created_at').as('max'),
        fn.min<number>('created_at').as('min'),
        fn.countAll<number>().as('count'),
        fn.sum<number>('created_at').as('sum'),
      ])
      .execute()
    const { MAX_SAFE_INTEGER: max, MIN_SAFE_INTEGER: min } = Number
    expect(found).toEqual([{ max, min, count: 3, sum: 0 }])
    await write('beyond', 2n ** 53n)
    const tooLarge = storage.db.selectFrom('tenant').select('created_at').where('id', '=', 'beyond').execute()
    await expect(tooLarge).rejects.toThrow(RangeError)
    expect(await subscriptions(storage.db)).toEqual([])
  })

  test.each([
    ['a key that is there', sql`insert into tenant (id, created_at) values (${TENANT}, 0)`],
    ['a reference to nothing', sql`insert into subscription values ('s', 'nobody', 's', 0)`],
    ['nothing where something must be', sql`insert into tenant (id) values ('t')`],
    [
      'a value that is not of the list',
      sql`insert into principal values ('p', 'c', ${TENANT}, 'dragon', '', null, 'enabled', 0, 0)`,
    ],
  ])('%s is refused, and with it the whole change', async (_, statement) => {
    const storage = await openMigrated()
    for (const way of ['change', 'append'] as const) {
      const failing = storage[way](async (trx) => {
        await subscribe(trx, 'a')
        await statement.execute(trx)
      })
      await expect(failing).rejects.not.toMatchObject({ name: 'StorageError' })
      expect(await subscriptions(storage.db)).toEqual([])
    }
    await storage.change((trx) => subscribe(trx, 'b'))
    expect(await subscriptions(storage.db)).toEqual(['b'])
  })

  test('of rows inserted twice, only the first come back, also within one statement', async () => {
    const storage = await openMigrated()
    const insert = (digests: string[]) =>
      storage.append((trx) =>
        trx
          .insertInto('assertion')
          .values(digests.map((digest) => ({ digest, expires_at: 0 })))
          .onConflict((conflict) => conflict.column('digest').doNothing())
          .returning('digest')
          .execute(),
      )
    expect(await insert(['a', 'b', 'a'])).toEqual([{ digest: 'a' }, { digest: 'b' }])
    expect(await insert(['b', 'c'])).toEqual([{ digest: 'c' }])
  })

  test('a batch of the largest size is one statement', async () => {
    const storage = await openMigrated()
    const ids = Array.from({ length: 2_500 }, (_, index) => `t${index}`)
    await storage.change((trx) =>
      trx
        .insertInto('tenant')
        .values(ids.map((id) => ({ id, created_at: 0 })))
        .execute(),
    )
    const found = await storage.db.selectFrom('tenant').select('id').where('id', 'in', ids).execute()
    expect(found).toHaveLength(ids.length)
  })

  test.each([
    ['{"a":"1.2","b":"3"}', '1.2'],
    ['{"a":""}', ''],
    ['{"b":"a"}', ''],
    ['"a":"no end', 'no end'],
    ['"a":"too long"', 'too lo'],
    ['"a":"ü😀","a":"2"', 'ü😀'],
    ['', ''],
  ])('of the text %j it finds what stands between two others', async (text, found) => {
    const { db, textBetween } = await openMigrated()
    const between = textBetween(sql`cast(${text} as text)`, { begin: '"a":"', end: '"', max: 6 })
    const { rows } = await sql`select ${between} as found`.execute(db)
    expect(rows).toEqual([{ found }])
  })

  test('a closed one does nothing any more', async () => {
    const storage = await openMigrated()
    await storage.close()
    await expect(storage.change((trx) => subscribe(trx, 'a'))).rejects.toThrow()
  })
})

function subscribe(trx: Transaction<Schema>, id: string, display_name = id): Promise<unknown> {
  return trx
    .insertInto('subscription')
    .values({ id, tenant_id: TENANT, display_name, created_at: 0 })
    .execute()
}

async function subscriptions(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db.selectFrom('subscription').select('id').orderBy('id').execute()
  return rows.map(({ id }) => id)
}
