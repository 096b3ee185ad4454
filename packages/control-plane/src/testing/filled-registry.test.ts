import { expect, test } from 'vitest'
import { migrate } from '../storage/migrations.ts'
import { fillRegistry, principalOf, resourceKeyOf } from './filled-registry.ts'
import { DATABASES } from './trial-database.ts'
import { openTrialStorage } from './trial-registry.ts'

const MADE = [0, 1, 2]

test.each(DATABASES)('on %s the tables are filled with as many machines as wanted', async (database) => {
  const storage = await openTrialStorage({ database })
  await migrate(storage, new Date(0))
  await fillRegistry(storage, MADE.length)
  const rows = await storage.db
    .selectFrom('machine')
    .innerJoin('machine_key', 'machine_key.principal_id', 'machine.principal_id')
    .innerJoin('presence', 'presence.principal_id', 'machine.principal_id')
    .select(['machine.principal_id', 'machine.resource_key', 'machine_key.state'])
    .execute()
  expect(rows.map((row) => row.principal_id).toSorted()).toEqual(MADE.map(principalOf).toSorted())
  expect(rows.map((row) => row.resource_key).toSorted()).toEqual(MADE.map((i) => resourceKeyOf(i)).toSorted())
  expect(rows.map((row) => row.state)).toEqual(MADE.map(() => 'current'))
})

test.each(DATABASES)('on %s the last heartbeats lie within the time that is given', async (database) => {
  const storage = await openTrialStorage({ database })
  await migrate(storage, new Date(0))
  await fillRegistry(storage, 1_000, { heartbeats: { first: 5_000, within: 300 } })
  const { fn } = storage.db
  const span = storage.db
    .selectFrom('presence')
    .select([fn.min('last_heartbeat_at').as('first'), fn.max('last_heartbeat_at').as('last')])
  expect(await span.executeTakeFirst()).toEqual({ first: 5_000, last: 5_299 })
})
