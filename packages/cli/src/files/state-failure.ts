/**
 * Explains why a state folder cannot be used: a full disk, a missing folder.
 *
 * @module
 */

import { reasonOf } from '@landfast/server'
import { CliError } from '../cli-error.ts'

/** SQLite's result codes, by the error of the system that says the same. */
const SQLITE_CODES: Readonly<Record<number, string>> = { 8: 'EROFS', 10: 'EIO', 13: 'ENOSPC', 14: 'EACCES' }

const SQLITE_NOT_A_DATABASE = 26

/** What Kysely says when SQLite gave a transaction up by itself; the disk's error is lost with it. */
const GIVEN_UP = 'cannot rollback - no transaction is active'

const INSTEAD = 'name another with --state-dir; without that flag it is made where TMPDIR leads'

/** `error` as `state_folder_unusable` if the system's reason is known. */
export function explainState(error: unknown, path: string, instead = INSTEAD): unknown {
  const reason = findReason(error)
  if (!reason) return error
  const hints = [`${reason}; ${instead}`]
  return new CliError('state_folder_unusable', { detail: path, hints, cause: error })
}

/** Whether SQLite found something else than a database. */
export function isNoDatabase(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === SQLITE_NOT_A_DATABASE
}

function findReason(error: unknown): string | undefined {
  for (let part = error; part instanceof Error; part = part.cause) {
    const { code = '', errcode = 0 } = part as { code?: string; errcode?: number }
    // SQLite's extended codes have the plain one in their last byte.
    const reason = reasonOf(code) ?? reasonOf(SQLITE_CODES[errcode & 0xff])
    if (reason) return reason
    if (part.message === GIVEN_UP) return 'its disk is full or failing'
  }
  return undefined
}
