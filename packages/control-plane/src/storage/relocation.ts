/**
 * Whether a database may be used: not after it was moved elsewhere, and not before everything has arrived.
 *
 * @see docs/operations.md#moving-to-postgresql
 * @module
 */

import type { Kysely } from 'kysely'
import { migrate } from './migrations.ts'
import type { RelocationState, Schema } from './schema.ts'
import type { Storage } from './storage.ts'
import { StorageError, type StorageErrorCode } from './storage-error.ts'

/** Which move a database was part of, and how. */
export interface Relocation {
  tenantId: string
  state: RelocationState
}

const REFUSAL = {
  arriving: 'move_incomplete',
  moved: 'storage_moved',
} as const satisfies Record<RelocationState, StorageErrorCode>

/**
 * Brings the tables up to date, for a database that is to be used.
 *
 * @throws {StorageError} `storage_moved`, `move_incomplete` or `storage_newer`.
 */
export async function openTables(storage: Storage, now: Date): Promise<void> {
  await migrate(storage, now)
  const relocation = await findRelocation(storage.db)
  if (relocation) throw new StorageError(REFUSAL[relocation.state])
}

/** The mark of a move, if there is one. */
export function findRelocation(db: Kysely<Schema>): Promise<Relocation | undefined> {
  return db.selectFrom('relocation').select(['tenant_id as tenantId', 'state']).executeTakeFirst()
}

/** Sets the mark. */
export async function markRelocation(
  db: Kysely<Schema>,
  { tenantId, state }: Relocation,
  time: Date,
): Promise<void> {
  const row = { tenant_id: tenantId, state, since: time.getTime() }
  await db.insertInto('relocation').values(row).execute()
}

/** Takes the mark away. */
export async function clearRelocation(db: Kysely<Schema>): Promise<void> {
  await db.deleteFrom('relocation').execute()
}
