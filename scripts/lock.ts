/**
 * One command at a time installs or builds a thing in this checkout; the others wait for it. The kernel lets go of the
 * lock when its holder dies, even by `kill -9`.
 *
 * @see docs/decisions/0009-installed-and-built-by-content.md
 * @module
 */

import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { lockFolder } from '../packages/agent/src/machine/folder-lock.ts'

/** Where a checkout keeps its locks: beside what npm installs, since npm removes that when it installs anew. */
const LOCKS = 'packages/dist/locks'

/** A person does not notice it, and a thousand tries cost no processor time to speak of. */
const RETRY_MILLISECONDS = 50

/**
 * Waits until no other process holds the lock of that name in the checkout `root`, and holds it until it is disposed of.
 *
 * @throws {NodeJS.ErrnoException} if this user may not write in the checkout.
 */
export function takeLock(root: string, name: string): Disposable {
  const folder = join(root, LOCKS, name)
  mkdirSync(folder, { recursive: true })
  for (let isFirst = true; ; isFirst = false) {
    const lock = tryLock(folder)
    if (!('heldBy' in lock)) return { [Symbol.dispose]: lock.release }
    if (isFirst) process.stderr.write(`landfast: waiting for ${lock.heldBy}, which holds "${name}" …\n`)
    sleep(RETRY_MILLISECONDS)
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** A lock that another user made is only theirs to take: SQLite would not say which file that is. */
function tryLock(folder: string): ReturnType<typeof lockFolder> {
  const file = join(folder, '.lock')
  if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK)
  else accessSync(folder, constants.W_OK)
  return lockFolder(folder)
}
