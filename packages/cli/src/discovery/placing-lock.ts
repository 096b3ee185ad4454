/**
 * One process at a time places files on this host or removes them: two would overwrite each other's record.
 *
 * The lock lies in `/run`, where only root can make a folder and nothing outlives the host's next start, and not beside
 * the record, whose folder goes with the last file.
 *
 * @see docs/install.md#when-it-is-refused
 * @module
 */

import { type FolderLock, lockFolder } from '@landfast/agent'
import { makeFolders } from '@landfast/server'
import { CliError } from '../cli-error.ts'

const FOLDER = '/run/landfast-install'

/**
 * Runs `change` while no other process can.
 *
 * @throws {CliError} `placing_busy` if another one does.
 */
export async function placingAlone<Result>(change: () => Promise<Result>): Promise<Result> {
  const lock = takeLock()
  try {
    return await change()
  } finally {
    lock.release()
  }
}

function takeLock(): FolderLock {
  const lock = lockIn(FOLDER)
  if (!('heldBy' in lock)) return lock
  const hints = [`${lock.heldBy} does; try again when it has ended`]
  throw new CliError('placing_busy', { hints })
}

function lockIn(folder: string): FolderLock | { heldBy: string } {
  try {
    makeFolders(folder, 0o700)
    return lockFolder(folder)
  } catch (cause) {
    throw new CliError('config_unwritable', { detail: folder, hints: [(cause as Error).message], cause })
  }
}
