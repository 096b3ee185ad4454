/**
 * A backup: one SQLite database, which is a copy of the control plane's with the other files of its state folder in a
 * table of their own. A copy without that table is no backup, so one that was not finished is not taken for one.
 *
 * @see docs/operations.md#backup
 * @module
 */

import { DatabaseSync } from 'node:sqlite'
import { keyIdOf, openText, readEncryptionKey } from '../storage/sealed-text.ts'
import { StorageError } from '../storage/storage-error.ts'

/** Files of the state folder by their names. */
export type KeptFiles = Readonly<Record<string, string>>

/** Makes a backup of the copy in `file`, and looks whether it is whole. @throws {StorageError} `backup_damaged`. */
export function sealBackup(file: string, kept: KeptFiles): void {
  withDatabase(file, (database) => {
    // One file, without a log beside it.
    database.exec('pragma journal_mode = delete; pragma synchronous = full; begin')
    database.exec('create table backup_file (name text primary key, content text not null)')
    const insert = database.prepare('insert into backup_file (name, content) values (?, ?)')
    for (const [name, content] of Object.entries(kept)) insert.run(name, content)
    database.exec('commit')
    checkWhole(database, file)
  })
}

/**
 * Takes the files out of the backup in `file`, which is the control plane's database afterwards.
 *
 * @throws {StorageError} `backup_damaged`, which names `backup`: what `file` is a copy of.
 */
export function unsealBackup(file: string, backup: string): KeptFiles {
  const unseal = (database: DatabaseSync): KeptFiles => {
    const kept = readKept(database, backup)
    checkWhole(database, backup)
    database.exec('drop table backup_file')
    return kept
  }
  return withDatabase(file, unseal, backup)
}

/**
 * The one of the encryption keys `texts` that opens what is sealed in the copy in `file`.
 *
 * @throws {StorageError} `encryption_key_missing` if there is none at all; `encryption_key_wrong` or `sealed_text_damaged`.
 */
export function openingKey(file: string, texts: readonly string[]): string {
  if (texts.length === 0) throw new StorageError('encryption_key_missing')
  const rows = withDatabase(file, (database) =>
    database.prepare('select id, private_key from certificate_authority').all(),
  ) as { id: string; private_key: string }[]
  const found = texts.find((text) => {
    const { id } = readEncryptionKey(text)
    return rows.every(({ private_key }) => keyIdOf(private_key) === id)
  })
  if (found === undefined) throw new StorageError('encryption_key_wrong')
  const key = readEncryptionKey(found)
  for (const { id, private_key } of rows) openText(key, `certificate_authority/${id}`, private_key)
  return found
}

function readKept(database: DatabaseSync, file: string): KeptFiles {
  const table = database.prepare("select 1 from sqlite_schema where name = 'backup_file'").get()
  if (!table) throw new StorageError('backup_damaged', { detail: file })
  const rows = database.prepare('select name, content from backup_file').all()
  return Object.fromEntries(
    (rows as { name: string; content: string }[]).map(({ name, content }) => [name, content]),
  )
}

function checkWhole(database: DatabaseSync, file: string): void {
  const [first] = database.prepare('pragma integrity_check(1)').all()
  if (first?.integrity_check !== 'ok') throw new StorageError('backup_damaged', { detail: file })
}

const SQLITE_DAMAGED: readonly unknown[] = [11, 26]

function withDatabase<T>(file: string, work: (database: DatabaseSync) => T, named = file): T {
  const database = new DatabaseSync(file)
  try {
    return work(database)
  } catch (cause) {
    const { errcode } = cause as { errcode?: number }
    if (!SQLITE_DAMAGED.includes(errcode && errcode & 0xff)) throw cause
    throw new StorageError('backup_damaged', { detail: named, cause })
  } finally {
    database.close()
  }
}
