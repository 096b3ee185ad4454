/**
 * A folder for as long as an emulator runs, removed with it, and at the latest with the process.
 *
 * @module
 */

import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of its own for one emulator. */
export interface OwnFolder {
  readonly path: string
  remove(): Promise<void>
}

const live = new Set<string>()
let isWatching = false

/** Makes one that only this user may enter. */
export async function makeOwnFolder(): Promise<OwnFolder> {
  const path = await mkdtemp(join(tmpdir(), 'landfast-emulator-'))
  live.add(path)
  if (!isWatching) process.once('exit', removeAll)
  isWatching = true
  return {
    path,
    remove: async () => {
      live.delete(path)
      await rm(path, { recursive: true, force: true })
    },
  }
}

/** Of emulators that were never stopped. */
function removeAll(): void {
  for (const path of live) rmSync(path, { recursive: true, force: true })
}
