/**
 * The folder in which a control plane keeps everything: only its own user may enter it.
 *
 * @module
 */

import { lstat, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { closeEmptyFolder, makeFolders, writeStateFile as write } from '@landfast/server'
import { StorageError } from './storage-error.ts'

/** The names of the files. */
export const STATE_FILE = {
  database: 'landfast.db',
  caCertificate: 'ca.pem',
  serverCertificate: 'server.pem',
  serverKey: 'server-key.pem',
  encryptionKey: 'encryption-key',
  nextEncryptionKey: 'encryption-key.next',
  administrator: 'administrator.json',
  operatorSocket: 'operator.sock',
} as const

/** The name of a file in the state folder. */
export type StateFile = (typeof STATE_FILE)[keyof typeof STATE_FILE]

const FOLDER_MODE = 0o700
const OTHERS = 0o077

/**
 * Makes the folder if it is missing, and closes it if it is new.
 *
 * @throws {StorageError} `folder_not_usable`, or `folder_open` if others may enter it: one with something in it is not
 *   closed here, since it might be meant for others, such as a home.
 */
export async function prepareStateFolder(folder: string): Promise<void> {
  try {
    makeFolders(folder, FOLDER_MODE)
    closeEmptyFolder(folder)
    const found = await stat(folder)
    if (!found.isDirectory()) throw new StorageError('folder_not_usable', { detail: folder })
    if ((found.mode & OTHERS) !== 0) throw new StorageError('folder_open', { detail: folder })
  } catch (cause) {
    if (cause instanceof StorageError) throw cause
    throw new StorageError('folder_not_usable', { detail: folder, cause })
  }
}

/** @throws {StorageError} `tenant_missing` if the folder has no database; opening one would make it. */
export async function refuseUnused(folder: string): Promise<void> {
  const found = await lstat(join(folder, STATE_FILE.database)).catch(() => undefined)
  if (!found) throw new StorageError('tenant_missing')
}

/** The text of a file, or undefined if there is none. */
export async function readStateFile(folder: string, name: StateFile): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), 'utf8')
  } catch (cause) {
    if (Error.isError(cause) && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new StorageError('state_damaged', { detail: join(folder, name), cause })
  }
}

/** Writes a file whole or not at all, durably. The writer holds the lock of the database. */
export async function writeStateFile(folder: string, name: StateFile, text: string): Promise<void> {
  const file = join(folder, name)
  await write(file, text, { draft: `${file}.new` })
}
