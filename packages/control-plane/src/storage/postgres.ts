/**
 * A PostgreSQL database that any number of control planes share.
 *
 * @see https://www.postgresql.org/docs/current/transaction-iso.html
 * @module
 */

import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely'
import type { Logger } from 'pino'
import { announcing } from './announcements/announcements.ts'
import { createPostgresAnnouncements } from './announcements/postgres.ts'
import { type ConnectionLimits, openConnections, ownConnection } from './postgres-connections.ts'
import type { Schema } from './schema.ts'
import type { Storage, Work } from './storage.ts'
import { StorageError } from './storage-error.ts'
import { repeatTransaction } from './transaction-attempts.ts'

/** The oldest whose security holes are still closed. */
const VERSION_MIN = 140_000

/** Names the lock under which tables are made, among other programs' locks in the same database. */
const MIGRATION_LOCK = 0x6c616e64

/** While one batch waits long, for a lock or for the disk, others need not. */
const LANES = 3

/**
 * Opens the database at `url`.
 *
 * @throws {StorageError} `database_url_malformed`, `database_unsuitable` or `storage_unavailable`.
 */
export async function openPostgres(
  url: string,
  log: Logger,
  limits: ConnectionLimits = {},
): Promise<Storage> {
  checkUrl(url)
  const connections = openConnections(url, log, limits)
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: connections }) })
  try {
    await checkServer(db)
  } catch (error) {
    await db.destroy()
    throw error
  }
  const announcements = createPostgresAnnouncements({ db, ...ownConnection(url, limits) })
  return {
    ...announcements,
    db,
    // PostgreSQL finds out by itself when two of them would not have happened one after the other.
    change: (work) => announcing(transact(db, 'serializable', work), announcements),
    append: (work) => transact(db, 'read committed', work),
    runAlone: <Row>(statement: string, values: readonly unknown[]) => runAlone<Row>(db, statement, values),
    migrate: (work) => repeatTransaction(() => migrateAlone(db, work), { mayTakeLong: true }),
    locksRows: true,
    lanes: LANES,
    textBetween: (text, { begin, end, max }) =>
      sql`substr(split_part(split_part(${text}, ${sql.lit(begin)}, 2), ${sql.lit(end)}, 1), 1, ${sql.lit(max)})`,
    tableStatement,
    connections: connections.count,
    close: async () => {
      await announcements.close()
      await db.destroy()
    },
  }
}

/** Its own errors say what was given, and there is a password in it; so no cause is kept. */
function checkUrl(url: string): void {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) throw new StorageError('database_url_malformed')
}

async function checkServer(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ encoding: string; version: number }>`
    select current_setting('server_encoding') as encoding, current_setting('server_version_num')::int as version
  `.execute(db)
  const [server] = rows
  if (server?.encoding === 'UTF8' && server.version >= VERSION_MIN) return
  throw new StorageError('database_unsuitable', {
    detail: `it is version ${server?.version} with ${server?.encoding}`,
  })
}

function transact<T>(
  db: Kysely<Schema>,
  level: 'serializable' | 'read committed',
  work: Work<T>,
): Promise<T> {
  return repeatTransaction(() => db.transaction().setIsolationLevel(level).execute(work))
}

async function runAlone<Row>(
  db: Kysely<Schema>,
  statement: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const query = CompiledQuery.raw(statement, [...values])
  const { rows } = await repeatTransaction(() => db.executeQuery<Row>(query), { isAlone: true })
  return rows
}

/** The lock goes with the transaction, be it by a commit, a failure or the end of this process. */
function migrateAlone<T>(db: Kysely<Schema>, work: Work<T>): Promise<T> {
  return db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (trx) => {
      await sql`set local statement_timeout = 0`.execute(trx)
      await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(trx)
      return work(trx)
    })
}

/** Text in the order of its code points, as SQLite has it, whatever the database's own language is. */
function tableStatement(statement: string): string {
  return statement.replaceAll(/\btext\b/g, 'text collate "C"')
}
