/**
 * Copies every table of one database into another, a batch of rows at a time, and proves that the copy has the same rows.
 *
 * @module
 */

import { createHash, type Hash } from 'node:crypto'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { StorageError } from '../storage/storage-error.ts'

/** Rows with 20 columns stay well below the 32,766 values that a statement of SQLite may have. */
const BATCH_ROWS = 500

/** What each database has for itself. Who was signed in to the portal signs in again. */
type OwnTable = 'relocation' | 'replica' | 'ticket_key' | 'portal_session' | 'portal_code'

/** How a table is copied: in the order of `key`. */
interface TablePlan {
  key: readonly string[]
}

/** In an order in which each stands before those that refer to it. */
const PLANS: Readonly<Record<Exclude<keyof Schema, OwnTable>, TablePlan>> = {
  tenant: { key: ['id'] },
  subscription: { key: ['id'] },
  resource_group: { key: ['resource_key'] },
  principal: { key: ['id'] },
  foreign_principal: { key: ['principal_id'] },
  foreign_membership: { key: ['member_id', 'group_id'] },
  machine: { key: ['resource_key'] },
  machine_key: { key: ['thumbprint'] },
  machine_acceptance: { key: ['principal_id'] },
  presence: { key: ['principal_id'] },
  machine_health: { key: ['principal_id'] },
  user_identity: { key: ['resource_key'] },
  machine_user_identity: { key: ['machine_principal_id', 'identity_principal_id'] },
  federated_credential: { key: ['principal_id', 'name_key'] },
  client_secret: { key: ['id'] },
  client_certificate: { key: ['id'] },
  role_assignment: { key: ['name'] },
  app_role_assignment: { key: ['principal_id', 'resource', 'role'] },
  join_token: { key: ['id'] },
  join_token_use: { key: ['join_token_id', 'key_thumbprint'] },
  signing_key: { key: ['kid'] },
  certificate_authority: { key: ['id'] },
  assertion: { key: ['digest'] },
  audit: { key: ['id'] },
  audit_volume: { key: ['minute'] },
}

/** The tables that are copied, those that others refer to first. */
export const COPIED_TABLES: readonly string[] = Object.keys(PLANS)

/** What is not copied: each database has its own. */
const OWN_TABLES: readonly string[] = [
  'migration',
  'migration_reach',
  ...(['relocation', 'replica', 'ticket_key', 'portal_session', 'portal_code'] satisfies OwnTable[]),
]

/** What a table holds: how many rows, and a digest over all of them in order. */
export interface TableSum {
  rows: number
  digest: string
}

/**
 * Looks whether every table of `db` is one that is copied.
 *
 * @throws {StorageError} `move_table_unknown`: its rows would be lost.
 */
export async function refuseUnknownTables(db: Kysely<Schema>): Promise<void> {
  const known = new Set([...COPIED_TABLES, ...OWN_TABLES])
  const tables = await db.introspection.getTables()
  const unknown = tables.map(({ name }) => name).filter((name) => !known.has(name))
  if (unknown.length > 0) throw new StorageError('move_table_unknown', { detail: unknown.join(', ') })
}

/** The tables of `db` that hold rows. */
export async function filledTables(db: Kysely<Schema>): Promise<string[]> {
  const filled: string[] = []
  for (const table of COPIED_TABLES) {
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db)
    if (rows.length > 0) filled.push(table)
  }
  return filled
}

/** Copies `table` into the empty one of the same name. Resolves to what was read. */
export async function copyTable(table: string, from: Kysely<Schema>, to: Kysely<Schema>): Promise<TableSum> {
  return sumOf(table, from, async (rows) => {
    const columns = Object.keys(rows[0] ?? {})
    const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`)
    await sql`insert into ${sql.table(table)} (${listOf(columns)}) values ${sql.join(values)}`.execute(to)
  })
}

/** What `table` of `db` holds; each batch is given to `use`. */
export async function sumOf(
  table: string,
  db: Kysely<Schema>,
  use: (rows: readonly Row[]) => Promise<void> = async () => {},
): Promise<TableSum> {
  const digest = createHash('sha256')
  let count = 0
  for await (const rows of batchesOf(table, db)) {
    await use(rows)
    for (const row of rows) addRow(digest, row)
    count += rows.length
  }
  return { rows: count, digest: digest.digest('hex') }
}

type Row = Readonly<Record<string, unknown>>

/** The order of the columns is the database's own, and is no part of what a row says. */
function addRow(digest: Hash, row: Row): void {
  const columns = Object.keys(row).sort()
  digest.update(`${JSON.stringify(columns.map((column) => [column, row[column]]))}\n`)
}

async function* batchesOf(table: string, db: Kysely<Schema>): AsyncGenerator<readonly Row[]> {
  const { key } = PLANS[table as keyof typeof PLANS]
  let after = sql``
  for (;;) {
    const { rows } = await sql<Row>`
      select * from ${sql.table(table)} ${after} order by ${listOf(key)} limit ${sql.lit(BATCH_ROWS)}
    `.execute(db)
    if (rows.length > 0) yield rows.map(movable)
    const last = rows.at(-1)
    if (!last || rows.length < BATCH_ROWS) return
    after = sql`where (${listOf(key)}) > (${sql.join(key.map((column) => last[column]))})`
  }
}

/** PostgreSQL has no text with a zero character, which a caller may have brought into the audit trail on SQLite. */
function movable(row: Row): Row {
  const entries = Object.entries(row).map(([column, value]) => [
    column,
    typeof value === 'string' ? value.replaceAll('\0', '\u{fffd}') : value,
  ])
  return Object.fromEntries(entries)
}

function listOf(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)))
}
