/**
 * The steps from an empty database to the present tables, forward only. A step that was released is never
 * changed; a new one is added at the end.
 *
 * @module
 */

import { type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from './schema.ts'
import { StorageError } from './storage-error.ts'

type Step = (db: Transaction<Schema>) => Promise<void>

/** Step 1 is the first. */
const STEPS: readonly Step[] = [createFirstTables, countSuppressedRefusals]

/**
 * Brings the database up to date, all steps in one transaction.
 *
 * @throws {StorageError} `storage_newer` if a newer Landfast has already changed it.
 */
export async function migrate(db: Kysely<Schema>, now: Date): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`create table if not exists migration (number integer primary key, applied_at bigint not null)`.execute(
      trx,
    )
    const applied = await lastApplied(trx)
    if (applied > STEPS.length) throw new StorageError('storage_newer')
    for (const [index, step] of STEPS.entries()) {
      const number = index + 1
      if (number <= applied) continue
      await step(trx)
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

async function createFirstTables(db: Transaction<Schema>): Promise<void> {
  await createTenantTables(db)
  await createMachineTable(db)
  await createIdentityTables(db)
  await createAuthorityTables(db)
  await createAuditTable(db)
}

async function createTenantTables(db: Transaction<Schema>): Promise<void> {
  await db.schema
    .createTable('tenant')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('subscription')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenant.id'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
}

async function createMachineTable(db: Transaction<Schema>): Promise<void> {
  await db.schema
    .createTable('machine')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('subscription_id', 'text', (column) => column.notNull().references('subscription.id'))
    .addColumn('resource_group', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('location', 'text', (column) => column.notNull())
    .addColumn('resource_id', 'text', (column) => column.notNull())
    .addColumn('resource_key', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) =>
      column.notNull().check(sql`state in ('enabled', 'disabled', 'deleted')`),
    )
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute()
  // A deleted machine's name may be given again; its identity and key may not.
  await sql`create unique index machine_resource on machine (resource_key) where state <> 'deleted'`.execute(
    db,
  )
}

async function createIdentityTables(db: Transaction<Schema>): Promise<void> {
  await db.schema
    .createTable('identity')
    .addColumn('principal_id', 'text', (column) => column.primaryKey())
    .addColumn('client_id', 'text', (column) => column.notNull().unique())
    .addColumn('tenant_id', 'text', (column) => column.notNull().references('tenant.id'))
    .addColumn('machine_id', 'text', (column) => column.notNull().unique().references('machine.id'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('machine_key')
    .addColumn('key_thumbprint', 'text', (column) => column.primaryKey())
    .addColumn('machine_id', 'text', (column) => column.notNull().references('machine.id'))
    .addColumn('public_key', 'text', (column) => column.notNull())
    .addColumn('certificate', 'text', (column) => column.notNull())
    .addColumn('certificate_sha256', 'text', (column) => column.notNull().unique())
    .addColumn('certificate_sha1', 'text', (column) => column.notNull().unique())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('machine_key_machine').on('machine_key').column('machine_id').execute()
}

async function createAuthorityTables(db: Transaction<Schema>): Promise<void> {
  await db.schema
    .createTable('signing_key')
    .addColumn('kid', 'text', (column) => column.primaryKey())
    .addColumn('private_key', 'text', (column) => column.notNull())
    .addColumn('certificate', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('assertion')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('assertion_expiry').on('assertion').column('expires_at').execute()
}

async function createAuditTable(db: Transaction<Schema>): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('time', 'bigint', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull().check(sql`outcome in ('done', 'refused')`))
    .addColumn('code', 'bigint')
    .addColumn('client_id', 'text')
    .addColumn('principal_id', 'text')
    .addColumn('resource_id', 'text')
    .addColumn('audience', 'text')
    .addColumn('correlation_id', 'text', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('audit_time').on('audit').column('time').execute()
}

async function countSuppressedRefusals(db: Transaction<Schema>): Promise<void> {
  await db.schema
    .alterTable('audit')
    .addColumn('suppressed', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
}
