/**
 * The file of a SQLite database while the control plane runs: what is committed goes into the write-ahead log beside it, and
 * from there into the file by checkpoints. Without checkpoints the file stays as it is, and can be copied by another process.
 *
 * @see https://sqlite.org/wal.html
 * @module
 */

import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'
import type { FileHold } from './storage.ts'

/** The write-ahead log is copied into the database when it has so many pages of 4 kB, and is cut to that size. */
export const LOG_MAX_PAGES = 250

/** The holds of one database. */
export interface FileHolds {
  hold(): Promise<FileHold>
  /** Has the log give back what it takes of the disk, whatever holds the file. */
  giveBack(): Promise<void>
}

/** The holds of the database that `db` and `run` speak to by the same connection. */
export function createFileHolds(db: Kysely<Schema>, run: (statement: string) => void): FileHolds {
  const intact = new Set<object>()
  let holders = 0

  async function hold(): Promise<FileHold> {
    // The connection is one, so no transaction is under way meanwhile.
    await db.connection().execute(async (alone) => {
      await sql`pragma wal_checkpoint(truncate)`.execute(alone)
      run('pragma wal_autocheckpoint = 0')
    })
    const holder = {}
    intact.add(holder)
    holders++
    return { release: () => release(holder) }
  }

  function release(holder: object): boolean {
    const stayed = intact.delete(holder)
    holders--
    if (holders === 0) run(`pragma wal_autocheckpoint = ${LOG_MAX_PAGES}`)
    return stayed
  }

  return {
    hold,
    giveBack: async () => {
      intact.clear()
      await sql`pragma wal_checkpoint(truncate)`.execute(db).catch(() => undefined)
    },
  }
}
