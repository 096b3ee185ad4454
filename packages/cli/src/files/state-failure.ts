/**
 * Explains why a state folder cannot be used: a full disk, a missing folder.
 *
 * @module
 */

import { reasonOfStorage } from '@landfast/server'
import { CliError } from '../cli-error.ts'

const SQLITE_NOT_A_DATABASE = 26

const INSTEAD = 'name another with --state-dir; without that flag it is made where TMPDIR leads'

/** `error` as `state_folder_unusable` if the system's reason is known. */
export function explainState(error: unknown, path: string, instead = INSTEAD): unknown {
  const reason = reasonOfStorage(error)
  if (!reason) return error
  const hints = [`${reason}; ${instead}`]
  return new CliError('state_folder_unusable', { detail: path, hints, cause: error })
}

/** What `work` gives, which writes into the folder at `path`. @throws {CliError} `state_folder_unusable`, or what it throws. */
export async function inState<T>(path: string, work: Promise<T>): Promise<T> {
  return await work.catch((error) => {
    throw explainState(error, path)
  })
}

/** Whether SQLite found something else than a database. */
export function isNoDatabase(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === SQLITE_NOT_A_DATABASE
}
