/**
 * Makes a folder for one user alone, or tells the real reason why it cannot be made.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

const MODE = 0o700

/**
 * Makes the folder at `path`, and those above it; whether it was missing.
 *
 * @throws the system's error.
 */
export async function makePrivateFolder(path: string): Promise<boolean> {
  try {
    return (await mkdir(path, { recursive: true, mode: MODE })) !== undefined
  } catch (error) {
    // A recursive mkdir says ENOENT where the file system is read-only, a plain one says what it is.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') await mkdir(firstMissing(path), { mode: MODE })
    throw error
  }
}

function firstMissing(path: string): string {
  return existsSync(dirname(path)) ? path : firstMissing(dirname(path))
}
