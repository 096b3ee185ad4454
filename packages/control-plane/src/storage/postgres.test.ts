/** What only PostgreSQL has: rivals, connections that are lost, and a way to it that needs a password. */

import { inspect } from 'node:util'
import { type Kysely, sql } from 'kysely'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { startCuttingProxy } from '../testing/cutting-proxy.ts'
import { query } from '../testing/postgres.ts'
import { registerTrialMachine, startTrial } from '../testing/trial.ts'
import { trialDatabaseUrl } from '../testing/trial-database.ts'
import { openTrialStorage } from '../testing/trial-registry.ts'
import { migrate } from './migrations.ts'
import { openStorage } from './open-storage.ts'
import { openPostgres } from './postgres.ts'
import type { Schema } from './schema.ts'
import type { Storage } from './storage.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const log = pino({ enabled: false })

/** A URL; where there is no PostgreSQL the test is skipped. */
async function databaseUrl(): Promise<string> {
  return (await trialDatabaseUrl('postgres')) ?? ''
}

/** Two replicas' storages on one database with two tenants "a" and "b". */
async function openTwo(): Promise<[Storage, Storage]> {
  const url = await databaseUrl()
  const storages: [Storage, Storage] = [await openTrialStorage({ url }), await openTrialStorage({ url })]
  await migrate(storages[0], NOW)
  for (const id of ['a', 'b']) await setTenant(storages[0].db, id, 0)
  return storages
}

function setTenant(db: Kysely<Schema>, id: string, created_at: number): Promise<unknown> {
  return db
    .insertInto('tenant')
    .values({ id, created_at })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ created_at }))
    .execute()
}

async function tenant(db: Kysely<Schema>, id: string): Promise<number> {
  return (await db.selectFrom('tenant').select('created_at').where('id', '=', id).executeTakeFirstOrThrow())
    .created_at
}

/** Resolves for each of two when both have come. */
function meeting(): () => Promise<void> {
  const both = Promise.withResolvers<void>()
  let come = 0
  return () => {
    if (++come === 2) both.resolve()
    return both.promise
  }
}

test('two replicas that start at the same moment on an empty database both start, as one', async () => {
  const url = await databaseUrl()
  const [one, other] = await Promise.all([startTrial({ databaseUrl: url }), startTrial({ databaseUrl: url })])
  const rows = await query<{ count: string }>(url, 'select count(*) from tenant')
  expect(rows).toEqual([{ count: '1' }])
  const { identity } = await registerTrialMachine(one)
  expect(await other.controlPlane.findMachine(identity.resourceId)).toMatchObject({ name: 'm1' })
})

test('many that migrate at the same moment do it once', async () => {
  const url = await databaseUrl()
  const storages = await Promise.all(Array.from({ length: 5 }, () => openTrialStorage({ url })))
  await Promise.all(storages.map((storage) => migrate(storage, NOW)))
  const applied = await query<{ number: number }>(url, 'select number from migration order by number')
  expect(applied.length).toBeGreaterThan(0)
  expect(applied.map(({ number }) => number)).toEqual(applied.map((_, index) => index + 1))
})

test('two changes that each rest on what the other changes do not both happen', async () => {
  const [one, other] = await openTwo()
  const meet = meeting()
  let runs = 0
  // Each says: while the other is at 0, I may leave it.
  const leave = (storage: Storage, mine: string, others: string) =>
    storage.change(async (trx) => {
      runs++
      const found = await tenant(trx, others)
      if (runs <= 2) await meet()
      if (found === 0) await trx.updateTable('tenant').set({ created_at: 1 }).where('id', '=', mine).execute()
    })
  await Promise.all([leave(one, 'a', 'b'), leave(other, 'b', 'a')])
  expect((await tenant(one.db, 'a')) + (await tenant(one.db, 'b'))).toBe(1)
  expect(runs).toBe(3)
})

test('a conflict that the work took for something else is still one, and is tried again', async () => {
  const [one, other] = await openTwo()
  let runs = 0
  const result = await one.change(async (trx) => {
    const found = await tenant(trx, 'a')
    if (++runs === 1) await other.change((rival) => setTenant(rival, 'a', 10))
    try {
      await setTenant(trx, 'a', found + 1)
    } catch {
      throw new Error('the row is not there')
    }
    return found
  })
  expect([result, runs, await tenant(one.db, 'a')]).toEqual([10, 2, 11])
})

test('work that goes on after a query that failed is never called done', async () => {
  const [one] = await openTwo()
  const swallowing = one.change(async (trx) => {
    await setTenant(trx, 'a', 5)
    await trx
      .insertInto('tenant')
      .values({ id: 'b', created_at: 0 })
      .execute()
      .catch(() => {})
  })
  await expect(swallowing).rejects.toMatchObject({ code: '23505' })
  expect(await tenant(one.db, 'a')).toBe(0)
})

test('rivals for one row that never give way end a change as busy, with nothing changed', async () => {
  const [one, other] = await openTwo()
  let runs = 0
  const loser = one.change(async (trx) => {
    runs++
    await tenant(trx, 'a')
    await other.change((rival) => setTenant(rival, 'a', 100 + runs))
    await setTenant(trx, 'a', 1)
  })
  await expect(loser).rejects.toMatchObject({ code: 'storage_busy', isTemporary: true })
  expect([runs, await tenant(one.db, 'a')]).toEqual([10, 110])
})

test('a change whose connection is lost before the commit is done once all the same', async () => {
  const [one, other] = await openTwo()
  let runs = 0
  await one.change(async (trx) => {
    await setTenant(trx, 'a', (await tenant(trx, 'a')) + 1)
    if (++runs > 1) return
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
    await sql`select pg_terminate_backend(${rows[0]?.pid}, 10000)`.execute(other.db)
  })
  expect([runs, await tenant(other.db, 'a')]).toEqual([2, 1])
})

/** Longer than a commit takes on a busy disk. */
const IMPATIENT = { statement: 1500, answer: 3000 }

test('a migration may take as long as it does; a change that takes too long is ended, and nothing hangs', async () => {
  const storage = await openPostgres(await databaseUrl(), log, { patience: IMPATIENT })
  await storage.migrate((trx) => sql`select pg_sleep(3.5)`.execute(trx))
  let runs = 0
  const change = storage.change((trx) => {
    runs++
    return sql`select pg_sleep(60)`.execute(trx)
  })
  await expect(change).rejects.toMatchObject({ code: 'storage_unavailable' })
  expect(runs).toBe(1)
  await storage.close()
})

test('a server that goes silent is given up, and what it may have committed is told as not known', async () => {
  const url = await databaseUrl()
  const proxy = await startCuttingProxy(url)
  const storage = await openPostgres(proxy.url, log, { patience: IMPATIENT })
  await migrate(storage, NOW)
  proxy.cutNext('by silence')
  await expect(storage.change((trx) => setTenant(trx, 'a', 1))).rejects.toMatchObject({
    code: 'storage_unsettled',
  })
  await storage.change((trx) => setTenant(trx, 'b', 1))
  await storage.close()
})

test('a statement that commits itself is told as not known when its connection is lost, and is not tried again', async () => {
  const [storage] = await openTwo()
  await sql`create sequence runs`.execute(storage.db)
  const lost = storage.runAlone?.("select nextval('runs'), pg_terminate_backend(pg_backend_pid())", [])
  await expect(lost).rejects.toMatchObject({ code: 'storage_unsettled' })
  expect((await sql`select last_value from runs`.execute(storage.db)).rows).toEqual([{ last_value: 1 }])
})

test('a statement that commits itself and takes too long is ended, and certainly changed nothing', async () => {
  const storage = await openPostgres(await databaseUrl(), log, { patience: IMPATIENT })
  const slow = storage.runAlone?.('select pg_sleep($1)', [60])
  await expect(slow).rejects.toMatchObject({ code: 'storage_unavailable' })
  await storage.close()
})

test.each([
  ['before the commit', 0],
  ['before its answer', 1],
] as const)('a connection lost %s is told as not known, and nothing is tried again', async (cut, kept) => {
  const url = await databaseUrl()
  const proxy = await startCuttingProxy(url)
  const storage = await openTrialStorage({ url: proxy.url })
  await migrate(storage, NOW)
  await storage.change((trx) => setTenant(trx, 'a', 0))
  let runs = 0
  proxy.cutNext(cut)
  const change = storage.change((trx) => {
    runs++
    return setTenant(trx, 'a', 1)
  })
  await expect(change).rejects.toMatchObject({ code: 'storage_unsettled', isTemporary: true })
  expect([runs, await tenant(storage.db, 'a')]).toEqual([1, kept])
})

test('commits are durable even where the server does not ask for it, and nothing waits for ever', async () => {
  const url = await databaseUrl()
  expect(await query(url, 'show synchronous_commit')).toEqual([{ synchronous_commit: 'off' }])
  const { db } = await openTrialStorage({ url })
  const settings = await Promise.all(
    ['synchronous_commit', 'statement_timeout', 'idle_in_transaction_session_timeout'].map(async (name) => {
      const { rows } = await sql<{ value: string }>`select current_setting(${name}) as value`.execute(db)
      return rows[0]?.value
    }),
  )
  expect(settings).toEqual(['on', '10s', '20s'])
})

test('however much is asked at once, the server sees ten connections', async () => {
  const url = await databaseUrl()
  const { db } = await openTrialStorage({ url })
  const count = () =>
    sql<{ count: number }>`select count(*) from pg_stat_activity where datname = current_database()`.execute(
      db,
    )
  const counts = await Promise.all(Array.from({ length: 100 }, count))
  expect(Math.max(...counts.map(({ rows }) => rows[0]?.count ?? 0))).toBe(10)
})

test.each(['', 'x', 'mysql://root:hunter2@localhost/x', 'postgres://a:hunter2@[', 'postgresql:hunter2'])(
  'the URL "%s" is refused, and not repeated',
  async (databaseUrl) => {
    const opening = openStorage({ stateFolder: '/nowhere', databaseUrl, log })
    await expect(opening).rejects.toMatchObject({ code: 'database_url_malformed' })
    expect(inspect(await opening.catch((error) => error), { depth: 9 })).not.toContain('hunter2')
  },
)

test.each<[what: string, change: (url: URL) => void]>([
  ['the password is wrong', (url) => (url.password = 'hunter2')],
  ['there is no such user', (url) => (url.username = 'nobody')],
  ['there is no such database', (url) => (url.pathname = '/nothing')],
  ['nobody listens', (url) => (url.port = '1')],
  ['there is no such host', (url) => (url.hostname = 'nowhere.invalid')],
])(
  'where %s, the database is unavailable, and neither error nor log holds the password',
  async (_, change) => {
    const url = new URL(await databaseUrl())
    const { password } = url
    change(url)
    const lines: string[] = []
    const trialLog = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) })
    const error = await startTrial({ databaseUrl: url.href, log: trialLog }).catch((cause) => cause)
    expect(error).toMatchObject({ code: 'storage_unavailable' })
    trialLog.error({ err: error })
    const told = `${inspect(error, { depth: 9, showHidden: true })}${lines.join('')}`
    for (const secret of [password, 'hunter2']) expect(told).not.toContain(secret)
  },
)

test('a database with another encoding than UTF8 is refused', async () => {
  const url = new URL(await databaseUrl())
  const name = `${url.pathname.slice(1)}_latin`
  await query(
    url.href,
    `create database ${name} template template0 encoding 'LATIN1' locale_provider libc lc_collate 'C' lc_ctype 'C'`,
  )
  try {
    url.pathname = `/${name}`
    const opening = openStorage({ stateFolder: '/nowhere', databaseUrl: url.href, log })
    await expect(opening).rejects.toMatchObject({ code: 'database_unsuitable' })
  } finally {
    url.pathname = '/landfast'
    await query(url.href, `drop database ${name} with (force)`)
  }
})
