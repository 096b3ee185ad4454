/**
 * Key files on disk: made complete, overwritten in place, removed. They are never synced: after a crash a key
 * means nothing.
 *
 * All calls are synchronous on purpose: they take microseconds, and the asynchronous ones were measured at
 * half the rate and twice the processor time.
 *
 * @see docs/performance.md#key-files
 * @module
 */

import { closeSync, constants, fchmodSync, fchownSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Owner reads and writes, the key group reads. */
const KEY_FILE_MODE = 0o640
const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW

/**
 * Descriptors kept open for overwriting: enough for every key in flight, and far fewer than a flood of keys, which
 * must not use up what the process may open.
 */
const OPEN_FILES_MAX = 256

/** One file of the key folder. */
export interface KeyFile {
  /** The file's name without `.key`. */
  readonly id: string
  readonly path: string
  /**
   * Replaces the content in place; it must be as long as what was there. Undefined if the file is not kept open.
   *
   * @throws the system's error; the content is unknown then.
   */
  readonly overwrite: ((content: Buffer) => void) | undefined
  /**
   * Unlinks the file, once. Never throws: a file that cannot be unlinked holds a key that is good for nothing, and
   * is swept at the next start.
   */
  remove(): void
}

/** Makes key files in one folder. */
export interface KeyFiles {
  /**
   * Makes `<id>.key` with `content`, complete when this returns.
   *
   * @throws the system's error, for example ENOSPC; nothing is left behind.
   */
  create(id: string, content: Buffer): KeyFile
}

/** Key files in `folder`; `groupId` is set on each unless new files get that group by themselves. */
export function keyFilesIn(folder: string, groupId: number | undefined): KeyFiles {
  let open = 0
  return {
    create(id, content) {
      const path = join(folder, `${id}.key`)
      const descriptor = createWhole(path, content, groupId)
      if (open >= OPEN_FILES_MAX) {
        closeSync(descriptor)
        return { id, path, overwrite: undefined, remove: () => unlink(path) }
      }
      open += 1
      return {
        id,
        path,
        overwrite: (next) => writeWhole(descriptor, next),
        remove() {
          open -= 1
          closeSync(descriptor)
          unlink(path)
        },
      }
    },
  }
}

function createWhole(path: string, content: Buffer, groupId: number | undefined): number {
  const descriptor = openSync(path, CREATE, KEY_FILE_MODE)
  try {
    fchmodSync(descriptor, KEY_FILE_MODE)
    if (groupId !== undefined) fchownSync(descriptor, -1, groupId)
    writeWhole(descriptor, content)
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    unlink(path)
    throw error
  }
}

function writeWhole(descriptor: number, content: Buffer): void {
  const written = writeSync(descriptor, content, 0, content.length, 0)
  if (written !== content.length) throw new Error(`wrote ${written} of ${content.length} bytes of a key file`)
}

function unlink(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // See KeyFile.remove.
  }
}
