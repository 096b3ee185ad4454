/**
 * Reads a file of a few kilobytes that another program writes, such as a federated token.
 *
 * @module
 */

import { builtin } from '../builtin.ts'

const FILE_MAX_BYTES = 256 * 1024

/**
 * The text of the regular file at `path`, links followed: Kubernetes mounts tokens as links. Never waits.
 *
 * @throws {Error} if it cannot be read, is too large or no regular file; no message holds what is in it.
 */
export function readSmallFile(path: string): string {
  const { closeSync, constants, fstatSync, openSync, readFileSync } = builtin('node:fs')
  const { O_RDONLY, O_NONBLOCK = 0 } = constants
  const descriptor = openSync(path, O_RDONLY | O_NONBLOCK)
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw new Error('it is not a regular file')
    if (stats.size > FILE_MAX_BYTES) throw new Error(`it has more than ${FILE_MAX_BYTES} bytes`)
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}
