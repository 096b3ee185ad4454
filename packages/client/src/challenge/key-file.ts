/**
 * Reads a key file, and only one that the agent alone can have written.
 *
 * Any program may listen on the agent's port and name a file. So the path must lead to a file directly in the
 * platform's folder, and that file must be the agent's: otherwise such a program could have us send it any small file
 * that this user may read.
 *
 * @see docs/protocol.md#the-challenge
 * @module
 */

import type { Stats } from 'node:fs'
import { KEY_FILE_MAX_BYTES } from '@landfast/protocol'
import { builtin } from '../builtin.ts'
import { ClientError } from '../errors.ts'
import { isDirectlyIn, whyFolderUnsafe } from './key-folder.ts'
import { describeFile, describeProcess } from './ownership.ts'

const KEY = /^[!-~]+$/

/**
 * The key in the file at `path`, which lies directly in `folder`.
 *
 * @throws {ClientError} with one of the `key_` codes; no message holds what is in the file.
 */
export function readKeyFileIn(folder: string, path: string): string {
  if (!isDirectlyIn(folder, path))
    throw new ClientError('key_file_foreign', `"${path}" is not in "${folder}"`)
  checkFolder(folder, path)
  const descriptor = openFile(path)
  const { closeSync, fstatSync } = builtin('node:fs')
  try {
    // Checks the open file, not the path: a file that takes its place after the check is not the one that is read.
    checkFile(path, fstatSync(descriptor), folder)
    return readKey(path, descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function checkFolder(folder: string, path: string): void {
  let unsafe: string | undefined
  try {
    unsafe = whyFolderUnsafe(folder)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  if (unsafe !== undefined) throw new ClientError('key_folder_unsafe', unsafe)
}

/** Without following a link, and without waiting for the other end of a pipe. */
function openFile(path: string): number {
  const { constants, lstatSync, openSync } = builtin('node:fs')
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
  try {
    if (O_NOFOLLOW === 0 && lstatSync(path).isSymbolicLink()) {
      throw new ClientError('key_file_unsafe', `"${path}" is a link`)
    }
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (cause) {
    throw explainOpenError(path, cause)
  }
}

function explainOpenError(path: string, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ELOOP' || code === 'EMLINK') return new ClientError('key_file_unsafe', `"${path}" is a link`)
  if (code === 'ENXIO') return new ClientError('key_file_unsafe', `"${path}" is a pipe or a socket`)
  return cause instanceof ClientError ? cause : unreadable(path, cause)
}

function unreadable(path: string, cause: unknown): ClientError {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT') return new ClientError('key_file_missing', `"${path}"`, { cause })
  const detail = `"${path}" (${code}; ${describeFile(path)}); ${describeProcess()}`
  return new ClientError('key_file_unreadable', detail, { cause })
}

function checkFile(path: string, stats: Stats, folder: string): void {
  if (!stats.isFile()) throw new ClientError('key_file_unsafe', `"${path}" is not a regular file`)
  if (stats.size > KEY_FILE_MAX_BYTES) {
    throw new ClientError('key_file_unsafe', `"${path}" has more than ${KEY_FILE_MAX_BYTES} bytes`)
  }
  if (process.platform === 'win32') return
  const owners = [0, builtin('node:fs').statSync(folder).uid]
  if (!owners.includes(stats.uid)) {
    throw new ClientError('key_file_unsafe', `"${path}" belongs to user id ${stats.uid}, not to ${owners[1]}`)
  }
  if (stats.nlink > 1) throw new ClientError('key_file_unsafe', `"${path}" has other names as well`)
}

/** A byte more than allowed is asked for, since the file may have grown since. */
function readKey(path: string, descriptor: number): string {
  const bytes = Buffer.alloc(KEY_FILE_MAX_BYTES + 1)
  const length = builtin('node:fs').readSync(descriptor, bytes, 0, bytes.length, 0)
  const key = bytes.toString('latin1', 0, length).replace(/[ \t\r\n]+$/, '')
  if (length > KEY_FILE_MAX_BYTES || !KEY.test(key)) {
    throw new ClientError('key_file_unsafe', `"${path}" does not hold one key of printable characters`)
  }
  return key
}
