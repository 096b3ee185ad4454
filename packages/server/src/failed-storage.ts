/**
 * Why files or a database in a folder cannot be read or written: a full disk, a missing folder.
 *
 * @module
 */

import { reasonOf } from './folders.ts'

/** SQLite's result codes, by the error of the system that says the same. */
const SQLITE_CODES: Readonly<Record<number, string>> = { 8: 'EROFS', 10: 'EIO', 13: 'ENOSPC', 14: 'EACCES' }

/** What Kysely says when SQLite gave a transaction up by itself; the disk's error is lost with it. */
const GIVEN_UP = 'cannot rollback - no transaction is active'

/** What `error`, or what caused it, says about the disk, as a clause; undefined if that is nothing. */
export function reasonOfStorage(error: unknown): string | undefined {
  for (let part = error; part instanceof Error; part = part.cause) {
    const { code = '', errcode = 0 } = part as { code?: string; errcode?: number }
    // SQLite's extended codes have the plain one in their last byte.
    const reason = reasonOf(code) ?? reasonOf(SQLITE_CODES[errcode & 0xff])
    if (reason) return reason
    if (part.message === GIVEN_UP) return 'its disk is full or failing'
  }
  return undefined
}
