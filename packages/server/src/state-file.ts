/**
 * Files that survive a crash whole: the old content or the new, never a part of either. The agent and the control
 * plane keep their state in such files, and the command what it placed on a host.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** How a state file is written. */
export interface StateFileOptions {
  /** Default: readable by its owner alone. */
  mode?: number
  /** Whom it is for. Default: whoever writes it. */
  owner?: { userId: number; groupId: number } | undefined
  /**
   * The name under which it is written before it gets its own. Default: one that no other writer has; a name given
   * here is for one writer at a time, and what a crash left under it is removed.
   */
  draft?: string
}

/** Replaces `file` by `content`; durable when this returns. */
export async function writeStateFile(
  file: string,
  content: string,
  { mode = 0o600, owner, draft = `${file}.${randomUUID()}` }: StateFileOptions = {},
): Promise<void> {
  try {
    await rm(draft, { force: true })
    await writeSynced(draft, content, { mode, owner })
    await rename(draft, file)
    await syncFolder(dirname(file))
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function writeSynced(
  file: string,
  content: string,
  { mode, owner }: { mode: number; owner: StateFileOptions['owner'] },
): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    if (owner) await handle.chown(owner.userId, owner.groupId)
    // In spite of the umask, and after the owner, whose change takes rights away.
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
