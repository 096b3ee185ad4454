/**
 * The steps from an empty database to the present tables, forward only. A step that was released is never
 * changed; a new one is added at the end.
 *
 * @module
 */

import { sql, type Transaction } from 'kysely'
import { AUDIT_COUNTS } from './audit-counts.ts'
import { FIRST_TABLES } from './first-tables.ts'
import { RELOCATION_TABLE } from './relocation-table.ts'
import { REPLICA_TABLE } from './replica-table.ts'
import type { Schema } from './schema.ts'
import type { Storage } from './storage.ts'
import { StorageError } from './storage-error.ts'
import { TAKE_BACK_TABLES } from './take-back-tables.ts'

/** The statements of each step, in the SQL that the databases share; step 1 is the first. */
type Steps = readonly (readonly string[])[]

const STEPS: Steps = [FIRST_TABLES, TAKE_BACK_TABLES, AUDIT_COUNTS, RELOCATION_TABLE, REPLICA_TABLE]

/**
 * Brings the database up to date, all steps in one transaction: whatever ends it leaves the database as it was.
 *
 * @throws {StorageError} `storage_newer` if a newer Landfast has already changed it.
 */
export async function migrate(storage: Storage, now: Date, steps: Steps = STEPS): Promise<void> {
  await storage.migrate(async (trx) => {
    await sql`create table if not exists migration (number integer primary key, applied_at bigint not null)`.execute(
      trx,
    )
    const applied = await lastApplied(trx)
    if (applied > steps.length) throw new StorageError('storage_newer')
    for (const [index, statements] of steps.entries()) {
      const number = index + 1
      if (number <= applied) continue
      for (const statement of statements) await sql.raw(storage.tableStatement(statement)).execute(trx)
      await sql`insert into migration (number, applied_at) values (${number}, ${now.getTime()})`.execute(trx)
    }
  })
}

async function lastApplied(trx: Transaction<Schema>): Promise<number> {
  const { rows } = await sql<{ number: number | null }>`select max(number) as number from migration`.execute(
    trx,
  )
  return rows[0]?.number ?? 0
}
