/**
 * Files that survive a crash whole: the old content or the new, never a part of either.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces `file` by `content`, readable by its owner alone unless `mode` says otherwise; durable when this returns. */
export async function writeStateFile(file: string, content: string, mode = 0o600): Promise<void> {
  const draft = `${file}.${randomUUID()}`
  try {
    await writeSynced(draft, content, mode)
    await rename(draft, file)
    await syncFolder(dirname(file))
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function writeSynced(file: string, content: string, mode: number): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    // Whatever the umask says.
    await handle.chmod(mode)
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes durable which files are in `folder`. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
