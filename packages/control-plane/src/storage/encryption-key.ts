/**
 * The source of a control plane's encryption key: its operator, or a file of the state folder that the first start
 * makes.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '@landfast/server'
import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'
import {
  ENCRYPTION_KEY_BYTES,
  type EncryptionKey,
  keyIdOf,
  keysOf,
  readEncryptionKey,
} from './sealed-text.ts'
import { readStateFile, STATE_FILE, type StateFile, writeStateFile } from './state-folder.ts'
import type { Storage } from './storage.ts'
import { StorageError } from './storage-error.ts'

/** What is known of the key before it is opened. */
export interface EncryptionKeySource {
  folder: string
  storage: Storage
  /** What the operator gave. */
  given?: string | undefined
  /** The key that the operator gave before, while that one takes its place. */
  former?: string | undefined
  /** Whether other replicas use the database too: a key in one state folder would be of no use to them. */
  shared: boolean
}

/**
 * The key; made only where nothing was sealed yet and the database is this process's alone.
 *
 * @throws {StorageError} `encryption_key_missing`, `encryption_key_malformed` or `encryption_key_wrong`.
 */
export async function openEncryptionKey(source: EncryptionKeySource): Promise<EncryptionKey> {
  const sealed = await sealedUnder(source.storage.db)
  const key = await findKey(source, sealed)
  if (key === undefined && (source.shared || sealed !== undefined)) {
    throw new StorageError('encryption_key_missing')
  }
  if (key && sealed !== undefined && !keysOf(key).some(({ id }) => id === sealed)) {
    throw new StorageError('encryption_key_wrong', { detail: `it was sealed under key ${sealed}` })
  }
  return key ?? { ...(await makeKey(source.folder, STATE_FILE.encryptionKey)), others: [] }
}

/**
 * The one of the keys under which the database is sealed now, and under which new secrets are to be sealed: replicas that have
 * both keys follow the database, so that those that have one can read what the others make.
 */
export async function sealingKey(db: Kysely<Schema>, key: EncryptionKey): Promise<EncryptionKey> {
  const sealed = await sealedUnder(db)
  return keysOf(key).find(({ id }) => id === sealed) ?? key
}

async function findKey(
  { folder, given, former, shared }: EncryptionKeySource,
  sealed: string | undefined,
): Promise<EncryptionKey | undefined> {
  if (given !== undefined) {
    const others = former === undefined ? [] : [readEncryptionKey(former)]
    return { ...readEncryptionKey(given), others }
  }
  if (shared) return undefined
  await settleNextKey(folder, sealed)
  const kept = await readKeyFile(folder, STATE_FILE.encryptionKey)
  return kept && { ...kept, others: [] }
}

/** The key of a file in the state folder. */
async function readKeyFile(folder: string, name: StateFile): Promise<EncryptionKey | undefined> {
  const kept = await readStateFile(folder, name)
  return kept === undefined ? undefined : readEncryptionKey(kept, join(folder, name))
}

/**
 * Makes the key that is to take the place of the one in the state folder; durable before anything is sealed under it.
 * `settleNextKey` ends the change, or at the next start what was interrupted.
 */
export function makeNextKey(folder: string): Promise<EncryptionKey> {
  return makeKey(folder, STATE_FILE.nextEncryptionKey)
}

/** Puts the next key in its place if the database is sealed under it, and deletes it if it is not. */
export async function settleNextKey(folder: string, sealed: string | undefined): Promise<void> {
  const next = await readKeyFile(folder, STATE_FILE.nextEncryptionKey)
  if (!next) return
  const file = join(folder, STATE_FILE.nextEncryptionKey)
  if (next.id === sealed) await rename(file, join(folder, STATE_FILE.encryptionKey))
  else await rm(file)
  await syncFolder(folder)
}

/** The id of the key under which the secrets of the database are sealed: all under the same, at any moment. */
export async function sealedUnder(db: Kysely<Schema>): Promise<string | undefined> {
  const row = await db
    .selectFrom('certificate_authority')
    .select('private_key')
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  return row && keyIdOf(row.private_key)
}

/** It is durable before anything is sealed under it. The maker holds the lock of the database. */
async function makeKey(folder: string, name: StateFile): Promise<EncryptionKey> {
  const text = randomBytes(ENCRYPTION_KEY_BYTES).toString('base64')
  await writeStateFile(folder, name, `${text}\n`)
  return readEncryptionKey(text)
}
