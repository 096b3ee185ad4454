/**
 * Moves a control plane from SQLite to an empty PostgreSQL database. One transaction writes everything there, with a mark
 * that it has not wholly arrived; then SQLite is marked as moved; then the first mark goes. So at no time can a control
 * plane be started on both, and what was interrupted is ended by doing it again.
 *
 * @see docs/operations.md#moving-to-postgresql
 * @module
 */

import { type Kysely, sql } from 'kysely'
import { type CheckedOptions, type ControlPlaneOptions, checkOptions } from '../options.ts'
import { findTenant } from '../registry/tenant.ts'
import { openEncryptionKey } from '../storage/encryption-key.ts'
import { migrate } from '../storage/migrations.ts'
import { openStorage } from '../storage/open-storage.ts'
import { clearRelocation, findRelocation, markRelocation } from '../storage/relocation.ts'
import type { Schema } from '../storage/schema.ts'
import { prepareStateFolder, refuseUnused } from '../storage/state-folder.ts'
import type { Storage } from '../storage/storage.ts'
import { StorageError } from '../storage/storage-error.ts'
import { COPIED_TABLES, copyTable, filledTables, refuseUnknownTables, sumOf } from './table-copy.ts'

/** What has just been done: a table was copied, or compared with its copy, or one of the three steps was made. */
export type MoveStep =
  | { step: 'copied' | 'compared'; table: string; rows: number }
  | { step: 'arrived' | 'marked' | 'finished' }

/** What was moved. */
export interface Moved {
  tenantId: string
  /** Of all tables. */
  rows: number
}

/** What a move works with. */
interface Move {
  source: Storage
  target: Storage
  tenantId: string
  now: Date
  tell: (step: MoveStep) => void
}

/**
 * Moves what is kept in SQLite in the state folder to the database of `databaseUrl`. The control plane must be stopped.
 *
 * @throws {StorageError} `tenant_missing`, `storage_moved`, `storage_in_use`, `move_table_unknown`,
 *   `move_target_occupied` or `move_unequal`; then nothing was changed.
 */
export async function moveControlPlane(
  options: ControlPlaneOptions,
  tell: (step: MoveStep) => void = () => {},
): Promise<Moved> {
  const checked = checkOptions(options)
  const { databaseUrl, stateFolder, log } = checked
  if (databaseUrl === undefined) throw new StorageError('move_target_missing')
  await prepareStateFolder(stateFolder)
  await refuseUnused(stateFolder)
  await using opened = new AsyncDisposableStack()
  const source = opened.adopt(await openStorage({ stateFolder, log }), (it) => it.close())
  const tenantId = await checkSource(source, checked)
  const target = opened.adopt(await openStorage({ stateFolder, log, databaseUrl }), (it) => it.close())
  return await move({ source, target, tenantId, now: checked.now(), tell })
}

/**
 * Lets a control plane start again on the SQLite database in the state folder, which was moved.
 *
 * @throws {StorageError} `tenant_missing`.
 */
export async function undoMove(options: ControlPlaneOptions): Promise<void> {
  const { stateFolder, log } = checkOptions(options)
  await refuseUnused(stateFolder)
  const storage = await openStorage({ stateFolder, log })
  try {
    await migrate(storage, new Date())
    await storage.change((trx) => clearRelocation(trx))
  } finally {
    await storage.close()
  }
}

/** Resolves to the id of the tenant. */
async function checkSource(source: Storage, options: CheckedOptions): Promise<string> {
  const { stateFolder: folder, encryptionKey: given, formerEncryptionKey: former, now } = options
  await migrate(source, now())
  const tenant = await findTenant(source.db)
  if (!tenant) throw new StorageError('tenant_missing')
  await openEncryptionKey({ folder, storage: source, given, former, shared: false })
  await refuseUnknownTables(source.db)
  return tenant.tenantId
}

async function move(parts: Move): Promise<Moved> {
  const { source, target, tenantId, now, tell } = parts
  await migrate(target, now)
  const isMarked = (await findRelocation(source.db)) !== undefined
  if (!isMarked) {
    await target.migrate((trx) => copyAll(trx, parts))
    tell({ step: 'arrived' })
    await source.change((trx) => markRelocation(trx, { tenantId, state: 'moved' }, now))
    tell({ step: 'marked' })
  }
  const rows = await target.migrate((trx) => finish(trx, tenantId))
  tell({ step: 'finished' })
  return { tenantId, rows }
}

async function copyAll(trx: Kysely<Schema>, { source, tenantId, now, tell }: Move): Promise<void> {
  await lockTables(trx)
  await emptyTarget(trx, tenantId)
  for (const table of COPIED_TABLES) {
    const read = await copyTable(table, source.db, trx)
    tell({ step: 'copied', table, rows: read.rows })
    const written = await sumOf(table, trx)
    if (written.digest !== read.digest) throw new StorageError('move_unequal', { detail: table })
    tell({ step: 'compared', table, rows: written.rows })
  }
  await markRelocation(trx, { tenantId, state: 'arriving' }, now)
}

/** What an interrupted move of the same control plane left is deleted: no control plane has ever run on it. */
async function emptyTarget(trx: Kysely<Schema>, tenantId: string): Promise<void> {
  const relocation = await findRelocation(trx)
  if (relocation?.state === 'arriving' && relocation.tenantId === tenantId) {
    await sql`truncate ${tables(['relocation', ...COPIED_TABLES])}`.execute(trx)
    return
  }
  const filled = await filledTables(trx)
  if (filled.length > 0) throw new StorageError('move_target_occupied', { detail: filled.join(', ') })
}

/** Only what this control plane has written there is made good. Resolves to how many rows that are. */
async function finish(trx: Kysely<Schema>, tenantId: string): Promise<number> {
  await lockTables(trx)
  const relocation = await findRelocation(trx)
  if (relocation?.state !== 'arriving' || relocation.tenantId !== tenantId) {
    throw new StorageError('storage_moved')
  }
  const { rows: tenants } = await sql<{ id: string }>`select id from tenant`.execute(trx)
  if (tenants.length !== 1) throw new StorageError('move_target_occupied', { detail: 'tenant' })
  await clearRelocation(trx)
  return await countRows(trx)
}

async function countRows(trx: Kysely<Schema>): Promise<number> {
  let sum = 0
  for (const table of COPIED_TABLES) {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(
      trx,
    )
    sum += rows[0]?.count ?? 0
  }
  return sum
}

/** A control plane that was started on the target in the same moment waits, and then finds the mark. */
async function lockTables(trx: Kysely<Schema>): Promise<void> {
  await sql`lock table ${tables(['relocation', ...COPIED_TABLES])} in access exclusive mode`.execute(trx)
}

function tables(names: readonly string[]) {
  return sql.join(names.map((name) => sql.table(name)))
}
