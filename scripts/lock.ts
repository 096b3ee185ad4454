/**
 * One command at a time installs or builds a thing in this checkout; the others wait for it. The kernel lets go of the
 * lock when its holder dies, even by `kill -9`.
 *
 * @see docs/decisions/0003-folder-lock.md
 * @module
 */

import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type FolderLock, lockFolder } from '../packages/agent/src/machine/folder-lock.ts'

/** Where a checkout keeps its locks: beside what npm installs, since npm removes that when it installs anew. */
const LOCKS = 'packages/dist/locks'

/** A person does not notice it, and a thousand tries cost no processor time to speak of. */
const RETRY_MILLISECONDS = 50

/**
 * Runs `work` while no other process runs the work of that name in the checkout `root`.
 *
 * @throws {NodeJS.ErrnoException} if this user may not write in the checkout.
 */
export async function withLock<T>(root: string, name: string, work: () => Promise<T> | T): Promise<T> {
  const folder = join(root, LOCKS, name)
  mkdirSync(folder, { recursive: true })
  const lock = await waitFor(folder, name)
  try {
    return await work()
  } finally {
    lock.release()
  }
}

async function waitFor(folder: string, name: string): Promise<FolderLock> {
  let isFirst = true
  for (;;) {
    const lock = tryLock(folder)
    if (!('heldBy' in lock)) return lock
    if (isFirst) process.stderr.write(`landfast: waiting for ${lock.heldBy}, which holds "${name}" …\n`)
    isFirst = false
    await setTimeout(RETRY_MILLISECONDS)
  }
}

/** A lock that another user made is only theirs to take: SQLite would not say which file that is. */
function tryLock(folder: string): FolderLock | { heldBy: string } {
  const file = join(folder, '.lock')
  if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK)
  else accessSync(folder, constants.W_OK)
  return lockFolder(folder)
}
