/**
 * The steps from an empty database to the present tables, forward only. A step that was released is never
 * changed; a new one is added at the end.
 *
 * Replicas are upgraded one after the other, so a step only adds: tables, indices of new tables, and columns that may be left
 * out. A version that does not know the step goes on beside it. A step that does more `breaks` those versions.
 *
 * @see docs/operations.md#upgrading
 * @module
 */

import { sql, type Transaction } from 'kysely'
import {
  AUDIT_AUDIENCES,
  AUDIT_COUNTS,
  AUDIT_HOLDER_INDEX,
  AUDIT_ID_INDEXES,
  AUDIT_INDEXES,
} from './audit-tables.ts'
import { FIRST_TABLES } from './first-tables.ts'
import { RELOCATION_TABLE } from './relocation-table.ts'
import { REPLICA_TABLE, replicasSeen } from './replica-table.ts'
import type { Schema } from './schema.ts'
import {
  AUTHORITY_COLUMNS,
  FOREIGN_TABLES,
  PORTAL_ENDS,
  PORTAL_TABLES,
  TICKET_KEY_TABLE,
} from './secret-tables.ts'
import type { Storage } from './storage.ts'
import { StorageError } from './storage-error.ts'
import { TAKE_BACK_TABLES } from './take-back-tables.ts'

/** The statements of each step, in the SQL that the databases share; step 1 is the first. */
export interface Step {
  statements: readonly string[]
  /** Whether versions that do not know it cannot go on. */
  breaks?: true
}

/**
 * By which machines are found by their names and by the ids of their hosts, and those that are out by their last heartbeats. A
 * heartbeat of a machine that is connected changes none of them.
 */
const MACHINE_INDEXES: readonly string[] = [
  'create index machine_name on machine (subscription_id, lower(name), resource_key)',
  'create index machine_vm on machine (lower(vm_id))',
  `create index presence_away on presence (coalesce(last_heartbeat_at, 0), principal_id) where status <> 'Connected'`,
]

/** By which machines are found that are disabled, or of a status that few have. A heartbeat of a machine that is connected changes neither. */
const RARE_MACHINE_INDEXES: readonly string[] = [
  `create index principal_disabled on principal (id) where state = 'disabled' and kind = 'machine'`,
  `create index presence_status on presence (status, principal_id) where status <> 'Connected'`,
]

/** By which a page of join tokens is found. */
const JOIN_TOKEN_INDEX = 'create index join_token_made on join_token (created_at, id)'

/** What agents tell of their parts, and an index by which those are found that have something to mend. */
const MACHINE_HEALTH: readonly string[] = [
  `create table machine_health (
    principal_id text primary key references principal (id),
    parts text not null,
    failing bigint not null,
    reported_at bigint not null
  )`,
  'create index machine_health_failing on machine_health (principal_id) where failing > 0',
]

/** The steps that this version knows. */
export const STEPS: readonly Step[] = [
  { statements: FIRST_TABLES },
  { statements: TAKE_BACK_TABLES },
  { statements: AUDIT_COUNTS },
  { statements: AUDIT_INDEXES },
  { statements: RELOCATION_TABLE },
  // Versions before this one go on beside no newer one, so none is left that it could break.
  { statements: REPLICA_TABLE, breaks: true },
  { statements: AUTHORITY_COLUMNS },
  { statements: TICKET_KEY_TABLE },
  { statements: [...MACHINE_INDEXES, AUDIT_HOLDER_INDEX] },
  { statements: PORTAL_TABLES },
  { statements: PORTAL_ENDS },
  { statements: FOREIGN_TABLES },
  { statements: [...RARE_MACHINE_INDEXES, JOIN_TOKEN_INDEX] },
  { statements: AUDIT_ID_INDEXES },
  { statements: MACHINE_HEALTH },
  { statements: AUDIT_AUDIENCES },
]

/** Where the database says which steps it has, and for each how many a version must know to go on beside it. */
const OWN_TABLES = [
  'create table if not exists migration (number integer primary key, applied_at bigint not null)',
  'create table if not exists migration_reach (number integer primary key, steps_known integer not null)',
]

/**
 * Brings the database up to date, all steps in one transaction: whatever ends it leaves the database as it was. A newer
 * database whose further steps only added is left as it is.
 *
 * @throws {StorageError} `storage_newer` if a newer Landfast has changed it so that this version cannot use it;
 *   `replicas_older` if a step would break replicas that run.
 */
export async function migrate(storage: Storage, now: Date, steps: readonly Step[] = STEPS): Promise<void> {
  await storage.migrate(async (trx) => {
    for (const statement of OWN_TABLES) await sql.raw(statement).execute(trx)
    const { applied, known } = await readReach(trx)
    if (applied > steps.length) {
      if (steps.length >= known) return
      throw new StorageError('storage_newer')
    }
    await refuseBreaking(trx, { applied, steps, now })
    let reach = known
    for (const [index, step] of steps.entries()) {
      const number = index + 1
      if (number <= applied) continue
      if (step.breaks) reach = number
      await apply(trx, storage, { step, number, reach, now })
    }
  })
}

async function apply(
  trx: Transaction<Schema>,
  { tableStatement }: Storage,
  { step, number, reach, now }: { step: Step; number: number; reach: number; now: Date },
): Promise<void> {
  for (const statement of step.statements) await sql.raw(tableStatement(statement)).execute(trx)
  await sql`insert into migration (number, applied_at) values (${number}, ${now.getTime()})`.execute(trx)
  await sql`insert into migration_reach (number, steps_known) values (${number}, ${reach})`.execute(trx)
}

/** How many steps the database has, and how many a version must know to use it. */
async function readReach(trx: Transaction<Schema>): Promise<{ applied: number; known: number }> {
  const { rows } = await sql<{ applied: number | null; known: number | null }>`
    select max(migration.number) as applied, max(coalesce(steps_known, migration.number)) as known
    from migration left join migration_reach on migration_reach.number = migration.number`.execute(trx)
  return { applied: rows[0]?.applied ?? 0, known: rows[0]?.known ?? 0 }
}

async function refuseBreaking(
  trx: Transaction<Schema>,
  { applied, steps, now }: { applied: number; steps: readonly Step[]; now: Date },
): Promise<void> {
  const hasReplicas = applied > STEPS.findIndex(({ statements }) => statements === REPLICA_TABLE)
  if (!hasReplicas || !steps.slice(applied).some(({ breaks }) => breaks)) return
  const hosts = (await replicasSeen(trx, now)).map(({ host_name }) => host_name)
  if (hosts.length > 0) throw new StorageError('replicas_older', { detail: hosts.join(', ') })
}
