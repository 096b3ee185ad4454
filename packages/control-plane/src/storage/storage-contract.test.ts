/** What every database must do, whichever it is: one body for both. */

import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialStorage } from '../testing/trial-registry.ts'
import { migrate } from './migrations.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

describe.each(DATABASES)('on %s', (database) => {
  async function openMigrated() {
    const storage = await openTrialStorage({ database })
    await migrate(storage, NOW)
    return storage
  }

  test('migrations run once, and again they change nothing', async () => {
    const storage = await openMigrated()
    await migrate(storage, new Date(0))
    const { rows } = await sql`select * from migration`.execute(storage.db)
    expect(rows).toEqual([{ number: 1, applied_at: NOW.getTime() }])
  })
})
