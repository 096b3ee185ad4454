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
import { syncFolder } from '@landfast/server'
import { type ControlPlaneOptions, checkOptions } from '../options.ts'
import { openStorage } from '../storage/open-storage.ts'
import { readStateFile, STATE_FILE, type StateFile } from '../storage/state-folder.ts'
import { StorageError } from '../storage/storage-error.ts'
import { type KeptFiles, opensSecrets, sealBackup } from './backup-file.ts'
import { type AskedControlPlane, askControlPlane } from './operator-client.ts'

const FILE_MODE = 0o600

/** Beside the database, what a restored control plane cannot make again. */
const KEPT = [STATE_FILE.encryptionKey, STATE_FILE.administrator] as const satisfies readonly StateFile[]

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
 * @throws {StorageError} `backup_exists`, `backup_damaged`, `backup_disturbed`, or what is wrong with the state.
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
    await (isRunning ? copyRunning(stateFolder, draft) : copyStopped(options, draft))
    const hasEncryptionKey = await seal(draft, stateFolder, options.encryptionKey)
    return { file: target, bytes: await publish(draft, target), hasEncryptionKey }
  } finally {
    await rm(draft, { force: true })
    await rm(`${draft}-journal`, { force: true })
  }
}

async function refuseExisting(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined)
  if (found) throw new StorageError('backup_exists', { detail: file })
}

/** Closing brings everything into the one file. */
async function copyStopped(options: ControlPlaneOptions, draft: string): Promise<void> {
  const { stateFolder, log } = checkOptions(options)
  const source = join(stateFolder, STATE_FILE.database)
  if (!(await lstat(source).catch(() => undefined))) throw new StorageError('tenant_missing')
  const storage = await openStorage({ stateFolder, log })
  await storage.close()
  await copy(source, draft)
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
  const made = await open(draft, 'wx', FILE_MODE)
  await made.close()
  await copyFile(source, draft)
}

/** Adds what belongs to the copy. Resolves to whether the encryption key is among it. */
async function seal(draft: string, folder: string, given: string | undefined): Promise<boolean> {
  const files = await Promise.all(
    KEPT.map(async (name) => [name, await readStateFile(folder, name)] as const),
  )
  const kept: Record<string, string> = {}
  for (const [name, content] of files) if (content !== undefined) kept[name] = content
  if (given !== undefined) delete kept[STATE_FILE.encryptionKey]
  checkKey(draft, kept, given)
  sealBackup(draft, kept)
  return STATE_FILE.encryptionKey in kept
}

function checkKey(draft: string, kept: KeptFiles, given: string | undefined): void {
  const key = given ?? kept[STATE_FILE.encryptionKey]
  if (key === undefined) throw new StorageError('encryption_key_missing')
  if (!opensSecrets(draft, key)) throw new StorageError('encryption_key_wrong')
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
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new StorageError('backup_exists', { detail: target, cause })
    }
    throw cause
  } finally {
    await handle.close()
  }
}
