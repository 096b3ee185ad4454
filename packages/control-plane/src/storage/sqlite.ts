/**
 * The SQLite database of one control plane, as Kysely speaks to it: a thin coat over `node:sqlite`.
 *
 * @see https://nodejs.org/docs/latest-v24.x/api/sqlite.html
 * @module
 */

import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from 'kysely'
import { announcing } from './announcements/announcements.ts'
import { createSqliteAnnouncements } from './announcements/sqlite.ts'
import { recentlyMade } from './recently-made.ts'
import type { Schema } from './schema.ts'
import { createFileHolds, type FileHolds, LOG_MAX_PAGES } from './sqlite-file.ts'
import type { Storage, Work } from './storage.ts'
import { StorageError, type StorageErrorCode } from './storage-error.ts'

/** Result codes of SQLite; their low eight bits, beyond which is the particular case. */
const RESULT = { busy: 5, readOnly: 8, inputOutput: 10, full: 13, cannotOpen: 14 }

/** What may pass: the disk is full, or does not take what is written. */
const TEMPORARY: readonly number[] = [RESULT.readOnly, RESULT.inputOutput, RESULT.full, RESULT.cannotOpen]

const PAGE_BYTES = 4_096

/** Only the control plane's user may read it; SQLite gives its other files the mode of this one. */
const FILE_MODE = 0o600

/** How long to wait for a control plane that is just stopping. */
const LOCK_WAIT_MILLISECONDS = 2_000

/** Those of a token and a heartbeat for most sizes of a batch; the largest take some 50 kB each. */
const STATEMENTS_MAX = 250

/**
 * Opens the database in `file` and locks it for this process until it is closed.
 *
 * @throws {StorageError} `storage_in_use` if another process has it.
 */
export function openSqlite(file: string): Storage {
  const database = openFile(file)
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: kyselyDatabase(database) }) })
  const holds = createFileHolds(db, (statement) => database.exec(statement))
  // There is one connection, so one transaction waits for the other.
  const append = <T>(work: Work<T>) => withRoom(holds, () => db.transaction().execute(work))
  const announcements = createSqliteAnnouncements()
  return {
    ...announcements,
    db,
    change: (work) => announcing(append(work), announcements),
    append,
    migrate: append,
    locksRows: false,
    lanes: 1,
    textBetween,
    tableStatement: (statement) => statement,
    holdFile: holds.hold,
    close: async () => {
      await announcements.close()
      await db.destroy()
      // Kysely does not close one that was never asked anything.
      if (database.isOpen) database.close()
    },
  }
}

/** What ends with the text is wanted too: the `end` behind it is always found. */
const textBetween: Storage['textBetween'] = (text, { begin, end, max }) => {
  const at = sql`instr(${text}, ${sql.lit(begin)})`
  const rest = sql`substr(${text}, ${at} + ${sql.lit(begin.length)}, ${sql.lit(max)}) || ${sql.lit(end)}`
  return sql`case when ${at} = 0 then '' else substr(${rest}, 1, instr(${rest}, ${sql.lit(end)}) - 1) end`
}

/** Does `work`; if the disk is full, once more after the write-ahead log has given back what it takes of it. */
async function withRoom<T>(holds: FileHolds, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StorageError) || resultOf(error.cause) !== RESULT.full) throw error
    await holds.giveBack()
    return work()
  }
}

function openFile(file: string): DatabaseSync {
  makeFile(file)
  const database = new DatabaseSync(file, {
    enableForeignKeyConstraints: true,
    timeout: LOCK_WAIT_MILLISECONDS,
  })
  try {
    configure(database)
    return database
  } catch (cause) {
    database.close()
    throw new StorageError(openFailure(resultOf(cause)), { detail: file, cause })
  }
}

function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'a', FILE_MODE))
  } catch (cause) {
    throw new StorageError('folder_not_usable', { detail: file, cause })
  }
}

function openFailure(result: number | undefined): StorageErrorCode {
  if (result === RESULT.busy) return 'storage_in_use'
  return isTemporary(result) ? 'storage_unavailable' : 'state_damaged'
}

/**
 * `synchronous=FULL` makes every commit durable; the exclusive lock is taken by the empty transaction. A log that a crash
 * left long is cut at once, if there is room for it. What SQLite sets aside stays in memory: a container may have no folder for
 * temporary files.
 */
function configure(database: DatabaseSync): void {
  database.exec(`
    pragma locking_mode = exclusive;
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma temp_store = memory;
    pragma wal_autocheckpoint = ${LOG_MAX_PAGES};
    pragma journal_size_limit = ${LOG_MAX_PAGES * PAGE_BYTES};
    begin immediate;
    commit;
  `)
  try {
    database.exec('pragma wal_checkpoint(truncate)')
  } catch (error) {
    if (!isTemporary(resultOf(error))) throw error
  }
}

function resultOf(error: unknown): number | undefined {
  if (!(Error.isError(error) && 'errcode' in error && typeof error.errcode === 'number')) return undefined
  return error.errcode & 0xff
}

function isTemporary(result: number | undefined): boolean {
  return result !== undefined && TEMPORARY.includes(result)
}

function kyselyDatabase(database: DatabaseSync): SqliteDatabase {
  const prepare = recentlyMade(STATEMENTS_MAX, (text) => kyselyStatement(database.prepare(text)))
  return {
    close: () => database.close(),
    prepare: (text) => {
      // SQLite itself ends a transaction for which there is no room, and Kysely ends each that failed.
      if (text === 'rollback' && !database.isTransaction) return NOTHING
      return prepare(text)
    },
  }
}

function kyselyStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => telling(() => statement.all(...(parameters as SQLInputValue[]))),
    run: (parameters) => telling(() => statement.run(...(parameters as SQLInputValue[]))),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  }
}

/** A statement without any effect. */
const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
}

/** Tells what is wrong with the disk apart from what is wrong with the statement. */
function telling<T>(run: () => T): T {
  try {
    return run()
  } catch (cause) {
    if (isTemporary(resultOf(cause))) throw new StorageError('storage_unavailable', { cause })
    throw cause
  }
}
