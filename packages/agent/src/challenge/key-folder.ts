/**
 * The folder of key files, made ready: safe, held by this agent alone, and free of what an earlier one left.
 *
 * @see docs/security.md#the-key-folder
 * @module
 */

import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, type Stats, unlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { explainCode, makeFolders, whyListOpens, whyOthersWrite } from '@landfast/server'
import { groupIdOf } from '../caller/accounts.ts'
import { AgentError } from '../errors.ts'
import { type FolderLock, lockFileNumber, lockFolder } from '../machine/folder-lock.ts'
import { type KeyFiles, keyFilesIn } from './key-files.ts'

/** The group may open a file whose name it was told, and not list the others. */
const FOLDER_MODE = 0o710
const WRITABLE_BY_GROUP = 0o020
const READ_OR_WRITE = 6
const KEY_FILE_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.key$/

/** A key folder in use. */
export interface KeyFolder {
  readonly path: string
  readonly files: KeyFiles
  /** @throws {AgentError} `key_folder_unwritable` or `group_foreign` if no key file can be made now, `key_folder_unsafe` if it is open to others. */
  proveWritable(): void
  /**
   * Makes the folder anew if somebody removed it, or takes the one that stands in its place, as at the start.
   *
   * @returns whether it did: then every key file is gone.
   * @throws {AgentError} as at the start; the folder is then as it is.
   */
  restore(): boolean
  /** Lets go of the folder; its key files must be gone by then. */
  release(): void
}

/**
 * Makes `path` ready for key files that `group`, a name or a number, may read (none: the process's own group).
 *
 * @throws {AgentError} with one of the `key_folder_` and `group_` codes.
 */
export function openKeyFolder(path: string, group: string | undefined): KeyFolder {
  const folder = resolve(path)
  const groupId = group === undefined ? undefined : findGroup(group)
  const files = keyFilesIn(folder, groupId)
  const take = () => takeFolder(folder, { group, groupId, files })
  let taken = take()
  return {
    path: folder,
    files,
    proveWritable: () => proveWritable(folder, files),
    restore() {
      if (isSame(folder, taken)) return false
      const former = taken
      taken = take()
      former.release()
      return true
    },
    release: () => taken.release(),
  }
}

/** A folder that is ready and held, and what tells it from one that takes its place. */
interface TakenFolder extends FolderLock {
  readonly inode: number
  readonly number: string
}

/** One that is closed for a while does not show its lock file to its own user. */
function isSame(folder: string, { inode, number }: TakenFolder): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false })
  return (stats?.ino === inode && isClosed(stats)) || numberOf(folder) === number
}

/** Not the lock file alone: a link may lead to the folder that was moved. */
function numberOf(folder: string): string {
  return `${lstatSync(folder, { throwIfNoEntry: false })?.ino} ${lockFileNumber(folder)}`
}

function takeFolder(
  folder: string,
  { group, groupId, files }: { group: string | undefined; groupId: number | undefined; files: KeyFiles },
): TakenFolder {
  makeFolder(folder)
  checkFolder(folder)
  const lock = takeLock(folder)
  try {
    setGroup(folder, group, groupId)
    sweepKeyFiles(folder)
    proveWritable(folder, files)
    return { inode: lstatSync(folder).ino, number: numberOf(folder), release: lock.release }
  } catch (error) {
    lock.release()
    throw error
  }
}

function makeFolder(folder: string): void {
  try {
    makeFolders(dirname(folder), 0o755)
    mkdirSync(folder, { mode: FOLDER_MODE })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && existsAtAll(folder)) return
    throw new AgentError('key_folder_missing', `"${folder}" (${explainCode(code)})`, error)
  }
}

/** A link that leads nowhere is there as well. */
function existsAtAll(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}

/** No other user may put files into the folder, or another folder in its place. */
function checkFolder(folder: string): void {
  const stats = lstatSync(folder)
  if (!stats.isDirectory())
    throw new AgentError('key_folder_unsafe', `"${folder}" is a symbolic link or a file`)
  if (stats.mode & WRITABLE_BY_GROUP)
    throw new AgentError('key_folder_unsafe', `"${folder}" is writable by its group`)
  const reason = whyOthersWrite(folder)
  if (reason !== undefined) throw new AgentError('key_folder_unsafe', reason)
}

function takeLock(folder: string): FolderLock {
  let lock: ReturnType<typeof lockFolder>
  try {
    openToOwner(folder)
    lock = lockFolder(folder)
  } catch (error) {
    throw new AgentError('key_folder_unwritable', `"${folder}"`, error)
  }
  if ('heldBy' in lock) throw new AgentError('key_folder_held', `"${folder}" by ${lock.heldBy}`)
  return lock
}

/**
 * An emulator that was killed may leave a folder of our own closed to ourselves. It is opened to its owner alone here, before
 * the lock tells who holds it: another agent of the same user at most.
 */
function openToOwner(folder: string): void {
  const stats = lstatSync(folder)
  if (isClosed(stats) && stats.uid === process.geteuid?.()) chmodSync(folder, 0o700)
}

function isClosed({ mode }: Stats): boolean {
  return (mode & 0o777) === 0
}

function setGroup(folder: string, group: string | undefined, groupId: number | undefined): void {
  try {
    if (groupId !== undefined && lstatSync(folder).gid !== groupId) chownSync(folder, -1, groupId)
    if ((lstatSync(folder).mode & 0o777) !== FOLDER_MODE) chmodSync(folder, FOLDER_MODE)
  } catch (error) {
    throw new AgentError('group_foreign', `"${group ?? process.getegid?.()}"`, error)
  }
}

function sweepKeyFiles(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      if (KEY_FILE_NAME.test(name)) unlinkSync(join(folder, name))
    }
  } catch (error) {
    throw new AgentError('key_folder_unwritable', `"${folder}" (what an earlier agent left)`, error)
  }
}

function proveWritable(folder: string, files: KeyFiles): void {
  try {
    const file = files.create(randomUUID(), Buffer.alloc(80, 'x'))
    // The folder may give an access list to what is made in it.
    const reason = whyListOpens(file.path, READ_OR_WRITE)
    file.remove()
    if (reason !== undefined) throw new AgentError('key_folder_unsafe', reason)
  } catch (error) {
    if (error instanceof AgentError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPERM') throw new AgentError('group_foreign', `key files in "${folder}"`, error)
    throw new AgentError('key_folder_unwritable', `"${folder}" (${explainCode(code)})`, error)
  }
}

/** The id of a group, given by name (from the files or any other source that the system knows) or as a number. */
function findGroup(name: string): number {
  if (/^\d+$/.test(name)) return Number(name)
  const id = groupIdOf(name) ?? Number(askForGroup(name)?.split(':')[2])
  if (!Number.isInteger(id)) throw new AgentError('group_missing', `"${name}"`)
  return id
}

function askForGroup(name: string): string | undefined {
  try {
    return execFileSync('getent', ['group', '--', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return undefined
  }
}
