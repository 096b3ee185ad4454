/**
 * Changes the encryption key by an operator's word on the host: on PostgreSQL beside the replicas, on SQLite by the control
 * plane that runs, or in the database of one that is stopped.
 *
 * @see docs/operations.md#changing-the-encryption-key
 * @module
 */

import { join } from 'node:path'
import { changeKey, type KeyChange, type KeyChangeStep } from '../operation/encryption-key-change.ts'
import { type ControlPlaneOptions, checkOptions } from '../options.ts'
import { openEncryptionKey } from '../storage/encryption-key.ts'
import { STATE_FILE } from '../storage/state-folder.ts'
import { StorageError } from '../storage/storage-error.ts'
import { workOnStorage } from './idle-control-plane.ts'
import { askControlPlane } from './operator-client.ts'

/**
 * Brings every secret under the key of the options, or with SQLite and none given under a new one of the state folder.
 *
 * @throws {StorageError} `encryption_key_wrong` if a secret is sealed under neither the key nor the former one;
 *   `replica_without_key`.
 */
export async function changeEncryptionKey(
  options: ControlPlaneOptions,
  { isRunning, tell }: { isRunning: boolean; tell?: (step: KeyChangeStep) => void },
): Promise<KeyChange> {
  const { stateFolder, databaseUrl } = checkOptions(options)
  if (isRunning && databaseUrl === undefined) return askForChange(stateFolder)
  return workOnStorage(options, async (storage, checked) => {
    const { encryptionKey: given, formerEncryptionKey: former, now } = checked
    const shared = databaseUrl !== undefined
    const encryptionKey = await openEncryptionKey({ folder: stateFolder, storage, given, former, shared })
    const isGiven = given !== undefined
    const parts = { storage, encryptionKey, folder: stateFolder, isGiven, now: now() }
    return changeKey({ ...parts, ...(tell && { tell }) })
  })
}

async function askForChange(folder: string): Promise<KeyChange> {
  const asked = await askControlPlane(join(folder, STATE_FILE.operatorSocket), 'change-encryption-key')
  try {
    const { keyId, secrets } = await asked.read()
    if (typeof keyId !== 'string' || typeof secrets !== 'number') {
      throw new StorageError('operator_work_unknown')
    }
    return { keyId, secrets }
  } finally {
    asked.close()
  }
}
