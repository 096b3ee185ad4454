/**
 * Makes a folder for one user alone.
 *
 * @module
 */

import { makeFolders } from '@landfast/server'

/**
 * Makes the folder at `path`, and those above it; whether it was missing.
 *
 * @throws {NodeJS.ErrnoException} the system's reason.
 */
export async function makePrivateFolder(path: string): Promise<boolean> {
  return makeFolders(path, 0o700)
}
