/**
 * Makes a backup of a control plane on SQLite, also while it runs: a copy of its database and of the files beside it that
 * cannot be made again, in one file that is there whole or not at all.
 *
 * @see docs/operations.md#backup
 * @module
 */

import { randomUUID } from 'node:crypto'
import { copyFile, link, lstat, open, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { explainCode, syncFolder } from '@landfast/server'
import { type ControlPlaneOptions, checkOptions } from '../options.ts'
import { openStorage } from '../storage/open-storage.ts'
import { readStateFile, refuseUnused, STATE_FILE } from '../storage/state-folder.ts'
import { StorageError } from '../storage/storage-error.ts'
import { openingKey, sealBackup } from './backup-file.ts'
import { type AskedControlPlane, askControlPlane } from './operator-client.ts'

const FILE_MODE = 0o600

/** What was made. */
export interface Backup {
  file: string
  bytes: number
  /** Whether the encryption key is in it: one that the operator gave is not. */
  hasEncryptionKey: boolean
}

/**
 * Makes the backup `file`, which must not be there yet; durable when this resolves. Where a control plane runs, it is asked
 * at the socket of its state folder.
 *
 * @throws {StorageError} `backup_exists`, `backup_unwritable`, `backup_damaged`, `backup_disturbed`, or what is wrong with
 *   the state.
 */
export async function backUpControlPlane(
  options: ControlPlaneOptions,
  { file, isRunning }: { file: string; isRunning: boolean },
): Promise<Backup> {
  const { stateFolder } = checkOptions(options)
  if (options.databaseUrl !== undefined) throw new StorageError('backup_postgres')
  const target = resolve(file)
  await refuseExisting(target)
  const draft = `${target}.${randomUUID()}.partial`
  try {
    const before = await readKeyFiles(stateFolder)
    await (isRunning ? copyRunning(stateFolder, draft) : copyStopped(options, draft))
    const hasEncryptionKey = await seal(draft, options, before)
    return { file: target, bytes: await writing(target, () => publish(draft, target)), hasEncryptionKey }
  } finally {
    for (const name of [draft, `${draft}-journal`]) await rm(name, { force: true }).catch(() => {})
  }
}

/** Does `work` on the file of the backup, so that its disk and its folder are not taken for those of the state. */
async function writing<T>(file: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StorageError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    throw new StorageError('backup_unwritable', { detail: `${dirname(file)}: ${explainCode(code)}`, cause })
  }
}

async function refuseExisting(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined)
  if (found) throw new StorageError('backup_exists', { detail: file })
}

/** Closing brings everything into the one file. */
async function copyStopped(options: ControlPlaneOptions, draft: string): Promise<void> {
  const { stateFolder, log } = checkOptions(options)
  await refuseUnused(stateFolder)
  const storage = await openStorage({ stateFolder, log })
  await storage.close()
  await copy(join(stateFolder, STATE_FILE.database), draft)
}

async function copyRunning(stateFolder: string, draft: string): Promise<void> {
  const asked = await askControlPlane(join(stateFolder, STATE_FILE.operatorSocket), 'hold-file')
  try {
    await asked.read()
    await copy(join(stateFolder, STATE_FILE.database), draft)
    await endHold(asked)
  } finally {
    asked.close()
  }
}

async function endHold(asked: AskedControlPlane): Promise<void> {
  asked.done()
  const { intact } = await asked.read()
  if (intact !== true) throw new StorageError('backup_disturbed')
}

/** In a file that no other user could ever read. */
async function copy(source: string, draft: string): Promise<void> {
  await writing(draft, async () => {
    const made = await open(draft, 'wx', FILE_MODE)
    await made.close()
    await copyFile(source, draft)
  })
}

/** Every key that the state folder has: two while one takes the place of the other. */
async function readKeyFiles(folder: string): Promise<string[]> {
  const names = [STATE_FILE.encryptionKey, STATE_FILE.nextEncryptionKey] as const
  const texts = await Promise.all(names.map((name) => readStateFile(folder, name)))
  return texts.filter((text) => text !== undefined)
}

/** Adds what belongs to the copy, whose key may have been changed since it was made. Resolves to whether the key is among it. */
async function seal(
  draft: string,
  { stateFolder, encryptionKey, formerEncryptionKey }: ControlPlaneOptions,
  before: readonly string[],
): Promise<boolean> {
  const isGiven = encryptionKey !== undefined
  const given = [encryptionKey, formerEncryptionKey].filter((text) => text !== undefined)
  const key = openingKey(draft, isGiven ? given : [...before, ...(await readKeyFiles(stateFolder))])
  const administrator = await readStateFile(stateFolder, STATE_FILE.administrator)
  const kept = {
    ...(!isGiven && { [STATE_FILE.encryptionKey]: key }),
    ...(administrator !== undefined && { [STATE_FILE.administrator]: administrator }),
  }
  await writing(draft, () => sealBackup(draft, kept))
  return !isGiven
}

/** Gives the finished draft its name; resolves to its size. */
async function publish(draft: string, target: string): Promise<number> {
  const handle = await open(draft, 'r+')
  try {
    await handle.sync()
    // Unlike a new name by rename, this replaces nothing.
    await link(draft, target)
    await syncFolder(dirname(target))
    return (await handle.stat()).size
  } catch (cause) {
    if (Error.isError(cause) && 'code' in cause && cause.code === 'EEXIST') {
      throw new StorageError('backup_exists', { detail: target, cause })
    }
    throw cause
  } finally {
    await handle.close()
  }
}
