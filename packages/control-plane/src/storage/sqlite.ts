/**
 * The SQLite database of one control plane, as Kysely speaks to it: a thin coat over `node:sqlite`.
 *
 * @see https://nodejs.org/docs/latest-v24.x/api/sqlite.html
 * @module
 */

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'
import type { Schema } from './schema.ts'
import type { Storage } from './storage.ts'
import { StorageError } from './storage-error.ts'

/** SQLite's result code for a database that somebody else has locked. */
const SQLITE_BUSY = 5

/** How long to wait for a control plane that is just stopping. */
const LOCK_WAIT_MILLISECONDS = 2_000

/**
 * Opens the database in `file` and locks it for this process until it is closed.
 *
 * @throws {StorageError} `storage_in_use` if another process has it.
 */
export function openSqlite(file: string): Storage {
  const database = new DatabaseSync(file, {
    enableForeignKeyConstraints: true,
    timeout: LOCK_WAIT_MILLISECONDS,
  })
  try {
    configure(database)
  } catch (cause) {
    database.close()
    if (isBusy(cause)) throw new StorageError('storage_in_use', { detail: file, cause })
    throw new StorageError('state_damaged', { detail: file, cause })
  }
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: kyselyDatabase(database) }) })
  return {
    db,
    // There is one connection, so one transaction waits for the other.
    change: (work) => db.transaction().execute(work),
    close: () => db.destroy(),
  }
}

/** `synchronous=FULL` makes every commit durable; the exclusive lock is taken by the empty transaction. */
function configure(database: DatabaseSync): void {
  database.exec(`
    pragma locking_mode = exclusive;
    pragma journal_mode = wal;
    pragma synchronous = full;
    begin immediate;
    commit;
  `)
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}

function kyselyDatabase(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare: (text) => kyselyStatement(database.prepare(text)),
  }
}

function kyselyStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  }
}
