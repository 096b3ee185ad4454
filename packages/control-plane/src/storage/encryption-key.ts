/**
 * The source of a control plane's encryption key: its operator, or a file of the state folder that the first start
 * makes.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ENCRYPTION_KEY_BYTES, type EncryptionKey, readEncryptionKey } from './sealed-text.ts'
import { readStateFile, STATE_FILE, writeStateFile } from './state-folder.ts'
import type { Storage } from './storage.ts'
import { StorageError } from './storage-error.ts'

/** What is known of the key before it is opened. */
export interface EncryptionKeySource {
  folder: string
  storage: Storage
  /** What the operator gave. */
  given?: string | undefined
  /** Whether other replicas use the database too: a key in one state folder would be of no use to them. */
  shared: boolean
}

/**
 * The key; made only where nothing was sealed yet and the database is this process's alone.
 *
 * @throws {StorageError} `encryption_key_missing`, `encryption_key_malformed` or `encryption_key_wrong`.
 */
export async function openEncryptionKey(source: EncryptionKeySource): Promise<EncryptionKey> {
  const key = await findKey(source)
  const sealed = await sealedUnder(source.storage)
  if (key === undefined && (source.shared || sealed !== undefined)) {
    throw new StorageError('encryption_key_missing')
  }
  if (key && sealed !== undefined && sealed !== key.id) {
    throw new StorageError('encryption_key_wrong', { detail: `it was sealed under key ${sealed}` })
  }
  return key ?? makeKey(source.folder)
}

async function findKey({ folder, given, shared }: EncryptionKeySource): Promise<EncryptionKey | undefined> {
  if (given !== undefined) return readEncryptionKey(given)
  const kept = shared ? undefined : await readStateFile(folder, STATE_FILE.encryptionKey)
  return kept === undefined ? undefined : readEncryptionKey(kept, join(folder, STATE_FILE.encryptionKey))
}

/** The id of the key under which the newest secret of the database was sealed. */
async function sealedUnder({ db }: Storage): Promise<string | undefined> {
  const row = await db
    .selectFrom('certificate_authority')
    .select('private_key')
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  return row?.private_key.split('.')[1]
}

/** It is durable before anything is sealed under it. Whoever makes it holds the lock of the database. */
async function makeKey(folder: string): Promise<EncryptionKey> {
  const text = randomBytes(ENCRYPTION_KEY_BYTES).toString('base64')
  await writeStateFile(folder, STATE_FILE.encryptionKey, `${text}\n`)
  return readEncryptionKey(text)
}
