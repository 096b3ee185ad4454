/**
 * Whether the disk under a folder takes anything more, asked by a file that is removed again.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A database needs more than one page to write a change. */
const BYTES = 262_144

/** What the system says against a file in `folder`, such as ENOSPC; undefined if it takes one. */
export async function faultOfDisk(folder: string): Promise<unknown> {
  const file = join(folder, `probe-${randomUUID()}`)
  try {
    await writeFile(file, Buffer.alloc(BYTES, 1), { flag: 'wx', mode: 0o600 })
    return undefined
  } catch (error) {
    return error
  } finally {
    await rm(file, { force: true }).catch(() => {})
  }
}
