/**
 * What a control plane keeps its state in: one database, whichever it is.
 *
 * @module
 */

import type { Kysely, Transaction } from 'kysely'
import type { Schema } from './schema.ts'

/** An open database. */
export interface Storage {
  /** For reading outside of any change. */
  readonly db: Kysely<Schema>
  /**
   * Runs `work` in one transaction, as if nobody else changed anything meanwhile; durable when this resolves. It
   * is run again when another change came between, so it must do nothing but ask `trx`.
   *
   * @throws what `work` throws, and then nothing was changed.
   */
  change<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T>
  close(): Promise<void>
}
