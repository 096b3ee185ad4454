/**
 * One agent a folder: a lock that the kernel releases when its holder dies, even by `kill -9`.
 *
 * Node has no file locks. SQLite, which comes with it, takes the kernel's when a transaction is
 * exclusive, so an empty database with such a transaction open is a lock.
 *
 * @see docs/decisions/0003-folder-lock.md
 * @module
 */

import { lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { userName } from '../caller/accounts.ts'

const LOCK_FILE = '.lock'
const HOLDER_FILE = '.lock-holder.json'

/** Locks that are held; one without a reference would be collected as garbage, and so released. */
const held = new Set<DatabaseSync>()

/** A folder that is held until it is released or the process ends. */
export interface FolderLock {
  /** Harmless when repeated. */
  release(): void
}

/** Takes the lock of `folder`, or tells its holder. */
export function lockFolder(folder: string): FolderLock | { heldBy: string } {
  const file = join(folder, LOCK_FILE)
  makeLockFile(file)
  const lock = new DatabaseSync(file)
  try {
    lock.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    return { heldBy: readHolder(folder) }
  }
  writeHolder(folder)
  held.add(lock)
  return {
    release() {
      if (held.delete(lock)) lock.close()
    },
  }
}

/**
 * What tells the lock file in `folder` from every other while it is held; undefined if there is none. The kernel may give the
 * number of a removed folder to the next one, but not that of a file which is still open.
 */
export function lockFileNumber(folder: string): string | undefined {
  const stats = lstatSync(join(folder, LOCK_FILE), { throwIfNoEntry: false })
  return stats && `${stats.dev} ${stats.ino}`
}

/**
 * Readable by the agent's user alone, since any reader could hold off the lock. One that is there already is not even
 * opened: closing any other descriptor of the file would let this process's lock go.
 */
function makeLockFile(file: string): void {
  try {
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5
  return (error as { errcode?: number }).errcode === SQLITE_BUSY
}

function writeHolder(folder: string): void {
  const userId = process.getuid?.() ?? -1
  // In containers a user often has no name.
  const user = userName(userId) ?? `id ${userId}`
  const holder = { pid: process.pid, user, since: new Date().toISOString() }
  try {
    writeFileSync(join(folder, HOLDER_FILE), JSON.stringify(holder), { mode: 0o600 })
  } catch {
    // On a full disk the lock holds all the same; only its holder's name is missing.
  }
}

function readHolder(folder: string): string {
  try {
    const { pid, user, since } = JSON.parse(readFileSync(join(folder, HOLDER_FILE), 'utf8'))
    return `process ${pid} of user "${user}" since ${since}`
  } catch {
    return 'a process that left no name'
  }
}
