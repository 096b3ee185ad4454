/**
 * The state folder of a control plane as its command opens it: made if it is missing, for this user alone, and locked
 * for as long as the command runs.
 *
 * @module
 */

import { stat } from 'node:fs/promises'
import { lockFolder } from '@landfast/agent'
import { closeEmptyFolder } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import { makePrivateFolder } from '../files/private-folder.ts'
import { explainState } from '../files/state-failure.ts'

/** A folder that is held. */
export interface HeldFolder {
  release(): void
}

const INSTEAD = 'name another with --state-dir'

/** What is wrong with the file of a backup, which is elsewhere: the state folder is not to be blamed for it. */
const BACKUP_FAULTS: readonly unknown[] = ['backup_unreadable', 'backup_unwritable']

/** A failure of a control plane as one of its state folder, unless it is one of a backup or of PostgreSQL. */
export function explainControlPlane(
  error: unknown,
  { stateFolder, databaseUrl }: { stateFolder: string; databaseUrl?: string },
): unknown {
  const { code } = error as { code?: unknown }
  const isOfDatabase = databaseUrl !== undefined && code === 'storage_unavailable'
  return isOfDatabase || BACKUP_FAULTS.includes(code) ? error : explainState(error, stateFolder, INSTEAD)
}

/**
 * Makes the folder if it is missing and holds it.
 *
 * @throws {CliError} `state_folder_unusable` or `state_folder_busy`.
 */
export async function holdControlPlaneFolder(path: string): Promise<HeldFolder> {
  try {
    await openControlPlaneFolder(path)
    const lock = lockFolder(path)
    if (!('heldBy' in lock)) return lock
    const hints = [`${lock.heldBy} has it; stop that, or ${INSTEAD}`]
    throw new CliError('state_folder_busy', { detail: path, hints })
  } catch (error) {
    throw explainState(error, path, INSTEAD)
  }
}

/**
 * Makes the folder if it is missing, for a command beside the replica that holds it.
 *
 * @throws {CliError} `state_folder_unusable`.
 */
export async function openControlPlaneFolder(path: string): Promise<void> {
  try {
    await makePrivateFolder(path)
    await refuseForeign(path)
    // Before a lock is in it.
    closeEmptyFolder(path)
  } catch (error) {
    throw explainState(error, path, INSTEAD)
  }
}

/** Even where root could write: files of two users in one folder are one of them's to lose. */
async function refuseForeign(path: string): Promise<void> {
  const { uid } = await stat(path)
  const own = process.geteuid?.()
  if (own === undefined || uid === own) return
  const hints = [`it belongs to the user with the id ${uid}; run this as that user, or ${INSTEAD}`]
  throw new CliError('state_folder_unusable', { detail: path, hints })
}
