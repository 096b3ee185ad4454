/**
 * Puts a backup into an empty state folder. The database comes last, so that a folder is restored whole or not at all.
 *
 * @see docs/operations.md#restore
 * @module
 */

import { chmod, copyFile, lstat, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from '@landfast/server'
import { type ControlPlaneOptions, checkOptions } from '../options.ts'
import { migrate } from '../storage/migrations.ts'
import { openSqlite } from '../storage/sqlite.ts'
import { prepareStateFolder, STATE_FILE, type StateFile, writeStateFile } from '../storage/state-folder.ts'
import { StorageError } from '../storage/storage-error.ts'
import { openingKey, unsealBackup } from './backup-file.ts'
import { forgetNonces } from './restored-registry.ts'

const FILE_MODE = 0o600

/** What a restored control plane is to its machines. */
export interface Restored {
  /** How many machines may bring any nonce in their next heartbeat. */
  machines: number
}

/**
 * Restores the backup `file` into the state folder, which must hold no database, and lets the next heartbeat of each machine
 * bring any nonce. What was interrupted is done by doing it again.
 *
 * @throws {StorageError} `restore_occupied`, `backup_damaged`, `storage_newer`, `encryption_key_missing` or
 *   `encryption_key_wrong`.
 */
export async function restoreControlPlane(options: ControlPlaneOptions, file: string): Promise<Restored> {
  const { stateFolder, encryptionKey, formerEncryptionKey, databaseUrl, now } = checkOptions(options)
  if (databaseUrl !== undefined) throw new StorageError('backup_postgres')
  await prepareStateFolder(stateFolder)
  const database = join(stateFolder, STATE_FILE.database)
  const found = await lstat(database).catch(() => undefined)
  if (found) throw new StorageError('restore_occupied', { detail: stateFolder })
  const draft = `${database}.new`
  try {
    await copyDraft(file, draft)
    const kept = unsealBackup(draft, file)
    const given = encryptionKey === undefined ? [] : [encryptionKey, formerEncryptionKey]
    const keys = given.length > 0 ? given : [kept[STATE_FILE.encryptionKey]]
    openingKey(
      draft,
      keys.filter((key) => key !== undefined),
    )
    const machines = await renew(draft, now())
    for (const [name, text] of Object.entries(kept)) {
      await writeStateFile(stateFolder, name as StateFile, text)
    }
    await place(draft, database)
    return { machines }
  } finally {
    await removeDraft(draft)
  }
}

async function copyDraft(file: string, draft: string): Promise<void> {
  await refuseUnreadable(file)
  await removeDraft(draft)
  await (await open(draft, 'wx', FILE_MODE)).close()
  await copyFile(file, draft)
  // The copy has got the mode of the backup.
  await chmod(draft, FILE_MODE)
}

/** Apart from the copy, whose fault may be the disk of the state folder. A folder is told by reading. */
async function refuseUnreadable(file: string): Promise<void> {
  try {
    await using handle = await open(file, 'r')
    await handle.read(Buffer.alloc(1), 0, 1, 0)
  } catch (cause) {
    throw new StorageError('backup_unreadable', { detail: file, cause })
  }
}

async function place(draft: string, database: string): Promise<void> {
  const handle = await open(draft, 'r+')
  try {
    await handle.sync()
    await rename(draft, database)
    await syncFolder(dirname(database))
  } finally {
    await handle.close()
  }
}

async function removeDraft(draft: string): Promise<void> {
  for (const end of ['', '-wal', '-journal']) await rm(`${draft}${end}`, { force: true })
}

/** Closing brings everything into the one file, which is synced by then. */
async function renew(draft: string, time: Date): Promise<number> {
  const storage = openSqlite(draft)
  try {
    await migrate(storage, time)
    return await forgetNonces(storage, time)
  } finally {
    await storage.close()
  }
}
