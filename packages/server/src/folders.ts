/**
 * Makes a folder and those above it, and tells why that cannot be done. Node's own recursive mkdir never ends where the
 * kernel makes the folders (`/proc/x`), and says that one is missing where the file system is read-only.
 *
 * @module
 */

import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you may not read or write there',
  EDQUOT: 'your quota of its disk is used up',
  EEXIST: 'a file or a link that leads nowhere has the name of a folder',
  EIO: 'its disk is failing',
  ELOOP: 'a link in its path leads to itself',
  ENAMETOOLONG: 'a name in its path is too long',
  ENOENT: 'it does not exist and cannot be made',
  ENOSPC: 'its disk is full',
  ENOTDIR: 'a part of its path is no folder',
  EPERM: 'you may not read or write there',
  EROFS: 'its file system is read-only',
}

/** What the system's `code` says about a file or folder, as a clause; undefined if that is nothing about either. */
export function reasonOf(code: string | undefined): string | undefined {
  return REASONS[code ?? '']
}

/** The same after the code itself, or the code alone. */
export function explainCode(code: string | undefined): string {
  const reason = reasonOf(code)
  return reason === undefined ? String(code) : `${code}: ${reason}`
}

/**
 * Makes the folder at `path` and those above it, each with `mode`; whether it was missing.
 *
 * @throws {NodeJS.ErrnoException} the system's reason.
 */
export function makeFolders(path: string, mode: number): boolean {
  const whole = resolve(path)
  const made = tryToMake(whole, mode)
  if (made !== 'no parent') return made === 'made'
  makeFolders(dirname(whole), mode)
  // A parent that is there and still misses is one of the kernel's, which takes no folders.
  if (tryToMake(whole, mode) === 'no parent') mkdirSync(whole, { mode })
  return true
}

/** What others may do, in a mode. */
const OTHERS = 0o077

/** A folder with it is shared on purpose, such as `/tmp`. */
const STICKY = 0o1000

/**
 * Closes the folder at `path` to other users if it is this user's own and empty, as PostgreSQL's `initdb` does: a volume that
 * was just made is open, and nobody uses it yet. What is in use stays as it is.
 *
 * @throws {NodeJS.ErrnoException} the system's reason.
 */
export function closeEmptyFolder(path: string): void {
  const { uid, mode } = statSync(path)
  if ((mode & OTHERS) === 0 || (mode & STICKY) !== 0 || uid !== process.geteuid?.()) return
  if (readdirSync(path).length === 0) chmodSync(path, 0o700)
}

function tryToMake(path: string, mode: number): 'made' | 'there' | 'no parent' {
  try {
    mkdirSync(path, { mode })
    return 'made'
  } catch (error) {
    // Whatever the system says of a folder that is there: some look at rights and mounts first.
    if (isFolder(path)) return 'there'
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path) return 'no parent'
    throw error
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
