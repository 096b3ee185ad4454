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
