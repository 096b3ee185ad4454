/**
 * The storage of a control plane: one database, SQLite or PostgreSQL. Queries keep to the SQL that both share: no
 * booleans, no JSON functions, no `like`; text is ordered by its code points on both.
 *
 * @module
 */

import type { Expression, Kysely, RawBuilder, Transaction } from 'kysely'
import type { Announcements } from './announcements/announcements.ts'
import type { Schema } from './schema.ts'

/**
 * How many connections to PostgreSQL there are at most, unless an operator says otherwise: two per core of a middling server. Each
 * costs it some 5 MB, and 100 is the usual limit of one server.
 */
export const CONNECTIONS_DEFAULT = 10

/** An open database. Every failure of the database itself is a {@link StorageError}. */
export interface Storage extends Announcements {
  /** For reading outside of any change. */
  readonly db: Kysely<Schema>
  /**
   * Runs `work` in one transaction, as if no other transaction changed anything meanwhile; durable when this resolves. It
   * is run again when another change came between, so it must do nothing but ask `trx`. It is announced.
   *
   * @throws what `work` throws, and then nothing was changed.
   * @throws {StorageError} `storage_unavailable`: nothing was changed; `storage_unsettled`: it is not known.
   */
  change<T>(work: Work<T>): Promise<T>
  /**
   * As `change`, and cheaper where many write at once, but others may commit meanwhile: what `work` relies on, it
   * must lock as it reads it, by `.$if(storage.locksRows, (query) => query.forShare())` or `forUpdate`, and rows
   * that a rival might be inserting too by `onConflict`. Lock and insert in one order everywhere. It is not announced.
   */
  append<T>(work: Work<T>): Promise<T>
  /**
   * Runs one statement, with $1 and so on, as a change of its own, under the rules of `append`; resolves to its rows when it
   * is durable. Undefined where a transaction costs no more.
   */
  runAlone?<Row>(statement: string, values: readonly unknown[]): Promise<Row[]>
  /** Whether rows can be locked, which SQLite has no need of: there one transaction waits for the other. */
  readonly locksRows: boolean
  /** How many batches of a group commit are written at the same time at most. */
  readonly lanes: number
  /**
   * As `change`, for the making of tables: no other control plane does the same meanwhile, and it may take long.
   */
  migrate<T>(work: Work<T>): Promise<T>
  /** What stands in a text between the first `begin` and the next `end`, at most `max` characters; empty without a `begin`. */
  textBetween(
    text: Expression<string>,
    between: { begin: string; end: string; max: number },
  ): RawBuilder<string>
  /** The statement that makes a table, as this database wants it. */
  tableStatement(statement: string): string
  /** How many connections there are and how many wait for one; undefined where there is one only. */
  connections?(): { active: number; idle: number; waiting: number }
  /** Keeps the file of the database as it is, so that it can be copied while changes go on; undefined where there is none. */
  holdFile?(): Promise<FileHold>
  close(): Promise<void>
}

/** A file of the database that stays as it is. */
export interface FileHold {
  /** Ends it. Whether the file stayed as it was until now: a full disk may have made it impossible. */
  release(): boolean
}

/** What is done within one transaction. */
export type Work<T> = (trx: Transaction<Schema>) => Promise<T>
