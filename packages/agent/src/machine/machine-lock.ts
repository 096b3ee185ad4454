/**
 * One process at a time changes what is kept of a machine: its agent, `connect` or `disconnect`. The lock has a folder
 * for itself in the state folder, since "landfast dev" holds that itself and an agent may run beside it.
 *
 * @module
 */

import { join } from 'node:path'
import { makeFolders } from '@landfast/server'
import { type FolderLock, lockFolder } from './folder-lock.ts'

const FOLDER = '.machine'

/** Takes the lock of the machine in `folder`, or tells its holder. */
export function lockMachine(folder: string): FolderLock | { heldBy: string } {
  const path = join(folder, FOLDER)
  makeFolders(path, 0o700)
  return lockFolder(path)
}
