/** That something has changed is heard by all who listen, on both databases. */

import { pino } from 'pino'
import { describe, expect, test, vi } from 'vitest'
import { query } from '../../testing/postgres.ts'
import { DATABASES, trialDatabaseUrl } from '../../testing/trial-database.ts'
import { openTrialStorage } from '../../testing/trial-registry.ts'
import { openStorage } from '../open-storage.ts'
import type { Storage } from '../storage.ts'
import { announcing } from './announcements.ts'
import { createPostgresAnnouncements } from './postgres.ts'

/** An ear that counts. */
async function listenTo(storage: Pick<Storage, 'listen'>) {
  const heard = vi.fn()
  const lost = vi.fn()
  const { stop } = await storage.listen({ hear: heard, lose: lost })
  return { heard, lost, stop }
}

describe.each(DATABASES)('on %s', (database) => {
  test('a change is heard by all who listen', async () => {
    const storage = await openTrialStorage({ database })
    const ears = [await listenTo(storage), await listenTo(storage)]
    await storage.change(async () => {})
    for (const { heard } of ears) await expect.poll(() => heard).toHaveBeenCalled()
  })

  test('what costs little is heard only if it is announced', async () => {
    const storage = await openTrialStorage({ database })
    const { heard } = await listenTo(storage)
    await storage.append(async () => {})
    expect(heard).not.toHaveBeenCalled()
    storage.announce()
    await expect.poll(() => heard).toHaveBeenCalled()
  })

  test('who has stopped hears nothing more, and others do', async () => {
    const storage = await openTrialStorage({ database })
    const [one, other] = [await listenTo(storage), await listenTo(storage)]
    one.stop()
    storage.announce()
    await expect.poll(() => other.heard).toHaveBeenCalled()
    expect([one.heard.mock.calls.length, one.lost.mock.calls.length]).toEqual([0, 0])
  })
})

test('a change that was refused is not announced, and any other is when it is done', async () => {
  const announce = vi.fn()
  const parts = { announce, listen: () => expect.unreachable() }
  await expect(announcing(Promise.reject(new Error('not so')), parts)).rejects.toThrow('not so')
  expect(announce).not.toHaveBeenCalled()
  const change = Promise.withResolvers<string>()
  const done = announcing(change.promise, parts)
  expect(announce).not.toHaveBeenCalled()
  change.resolve('done')
  expect(await done).toBe('done')
  expect(announce).toHaveBeenCalledTimes(1)
})

/** A URL; where there is no PostgreSQL the test is skipped. */
async function databaseUrl(): Promise<string> {
  return (await trialDatabaseUrl('postgres')) ?? ''
}

/** Ends the connections that listen. */
function cutEars(url: string) {
  return query(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen%'`,
  )
}

test('what one replica changes is heard at another, even if it stops right away', async () => {
  const url = await databaseUrl()
  const { heard } = await listenTo(await openTrialStorage({ url }))
  const log = pino({ enabled: false })
  const other = await openStorage({ stateFolder: '', databaseUrl: url, log })
  other.announce()
  await other.change(async () => {})
  await other.close()
  await expect.poll(() => heard.mock.calls.length).toBe(2)
})

test('whose connection is lost is told so, once, and may listen again', async () => {
  const url = await databaseUrl()
  const storage = await openTrialStorage({ url })
  const { lost } = await listenTo(storage)
  await cutEars(url)
  await expect.poll(() => lost).toHaveBeenCalledTimes(1)
  const again = await listenTo(storage)
  storage.announce()
  await expect.poll(() => again.heard).toHaveBeenCalled()
  expect(lost).toHaveBeenCalledTimes(1)
})

test('where announcements do not come back to who listens, as behind a pooler, that is refused and not believed', async () => {
  const [url, elsewhere] = [await databaseUrl(), await databaseUrl()]
  const { db } = await openTrialStorage({ url })
  const announcements = createPostgresAnnouncements({
    db,
    client: { connectionString: elsewhere },
    milliseconds: 10_000,
  })
  await expect(listenTo(announcements)).rejects.toMatchObject({ code: 'storage_unavailable' })
})

test('while the database is away nobody listens', async () => {
  const url = await databaseUrl()
  const storage = await openTrialStorage({ url })
  const name = new URL(url).pathname.slice(1)
  const server = new URL('/postgres', url).href
  await query(server, `alter database ${name} allow_connections false`)
  await expect(listenTo(storage)).rejects.toMatchObject({ code: 'storage_unavailable' })
  await query(server, `alter database ${name} allow_connections true`)
  await listenTo(storage)
})
