/**
 * Root acts as the user of a service where it changes what that user has: what it wrote as root the service could not
 * read, and where the service may write, root is not to follow what lies there.
 *
 * @module
 */

import { stat } from 'node:fs/promises'

/** Root's user and group. */
const ROOT = 0

/**
 * Runs `work` as the owner of `path` if root runs this and the owner is another user; else, and where nothing is at
 * `path`, as who runs it. One at a time: the whole process is that user meanwhile.
 */
export async function asOwnerOf<T>(path: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== ROOT) return await work()
  const owner = await stat(path).catch(() => undefined)
  if (!owner || owner.uid === ROOT) return await work()
  const giveBack = become(owner.uid, owner.gid)
  try {
    return await work()
  } finally {
    giveBack()
  }
}

/** Only the effective ids change, so that root can have its own back. */
function become(userId: number, groupId: number): () => void {
  const groups = process.getgroups?.() ?? []
  const ownGroup = process.getegid?.() ?? ROOT
  process.setgroups?.([groupId])
  process.setegid?.(groupId)
  process.seteuid?.(userId)
  return () => {
    process.seteuid?.(ROOT)
    process.setegid?.(ownGroup)
    process.setgroups?.(groups)
  }
}
