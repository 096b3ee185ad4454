/**
 * What an endpoint makes for its key files beside them: the folder, those above it, and its lock.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** What the agent writes into a folder that it holds. */
const LOCK_FILES = ['.lock', '.lock-holder.json']

/** Looks before the start at what is not there; the function that is returned removes that after the end, if nothing else is in it. */
export function watchKeyFolder(keyFolder: string): () => Promise<void> {
  const folder = resolve(keyFolder)
  const files = LOCK_FILES.map((name) => join(folder, name)).filter((path) => !existsSync(path))
  const folders: string[] = []
  for (let path = folder; !existsSync(path); path = dirname(path)) folders.push(path)
  return async () => {
    for (const path of files) await rm(path, { force: true })
    // Whoever has put something into one of them keeps it, with those above.
    for (const path of folders) if (!(await isRemoved(path))) return
  }
}

async function isRemoved(folder: string): Promise<boolean> {
  return await rmdir(folder).then(
    () => true,
    () => false,
  )
}
