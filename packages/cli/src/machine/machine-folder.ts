/**
 * The state folder of a machine as `connect` and `disconnect` open it: for this user alone, and locked, so that neither
 * an agent nor a second command changes it meanwhile.
 *
 * @module
 */

import { stat } from 'node:fs/promises'
import { type FolderLock, lockFolder } from '@landfast/agent'
import { lockMachine } from '@landfast/agent/upstream'
import { CliError } from '../cli-error.ts'
import { makePrivateFolder } from '../files/private-folder.ts'
import { explainState } from '../files/state-failure.ts'

const INSTEAD = 'name another with --state-dir'

const FORBIDDEN: readonly unknown[] = ['EACCES', 'EPERM']

/**
 * Makes the folder if it is missing and holds it.
 *
 * @throws {CliError} `admin_needed`, `state_folder_busy` or `state_folder_unusable`.
 */
export async function holdMachineFolder(path: string): Promise<FolderLock> {
  try {
    await makePrivateFolder(path)
    await refuseForeign(path)
    return holdBoth(path)
  } catch (error) {
    if (FORBIDDEN.includes((error as NodeJS.ErrnoException).code)) throw adminNeeded(path, error)
    throw explainMachineFolder(error, path)
  }
}

/** Why the folder cannot be used, if the system's reason is known; any other error as it is. */
export function explainMachineFolder(error: unknown, path: string): unknown {
  return explainState(error, path, INSTEAD)
}

/** "landfast dev" holds the folder, an agent the machine in it. */
function holdBoth(path: string): FolderLock {
  const folder = free(path, lockFolder(path))
  try {
    const machine = free(path, lockMachine(path))
    return {
      release() {
        machine.release()
        folder.release()
      },
    }
  } catch (error) {
    folder.release()
    throw error
  }
}

function free(path: string, lock: FolderLock | { heldBy: string }): FolderLock {
  if (!('heldBy' in lock)) return lock
  const hints = [`${lock.heldBy} has it; stop that first`]
  throw new CliError('state_folder_busy', { detail: path, hints })
}

/** @throws {CliError} `admin_needed`: what this user writes the agent's user could not read. */
async function refuseForeign(path: string): Promise<void> {
  const { uid } = await stat(path)
  const own = process.geteuid?.()
  if (own === undefined || uid === own) return
  const hints = [`it belongs to the user with the id ${uid}; run this as that user, or ${INSTEAD}`]
  throw new CliError('admin_needed', { detail: path, hints })
}

/** The failure of a user without the rights. */
export function adminNeeded(path: string, cause: unknown): CliError {
  const hints = [`run this as root or as the user of the agent, or ${INSTEAD}`]
  return new CliError('admin_needed', { detail: path, hints, cause })
}
