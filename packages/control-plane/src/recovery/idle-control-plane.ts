/**
 * Opens the database of a control plane for one piece of work by an operator on its host, with no server in front of
 * it. On SQLite the control plane must be stopped.
 *
 * @module
 */

import { type CheckedOptions, type ControlPlaneOptions, checkOptions } from '../options.ts'
import { openStorage } from '../storage/open-storage.ts'
import { openTables } from '../storage/relocation.ts'
import { prepareStateFolder } from '../storage/state-folder.ts'
import type { Storage } from '../storage/storage.ts'

/** Opens the database that `options` name, does `work` with it and closes it again. */
export async function workOnStorage<T>(
  options: ControlPlaneOptions,
  work: (storage: Storage, options: CheckedOptions) => Promise<T>,
): Promise<T> {
  const checked = checkOptions(options)
  await prepareStateFolder(checked.stateFolder)
  const storage = await openStorage(checked)
  try {
    await openTables(storage, checked.now())
    return await work(storage, checked)
  } finally {
    await storage.close()
  }
}
