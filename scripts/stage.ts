/**
 * Folders in which something is made before it is put in place: what is killed half-way leaves nothing where anybody
 * looks for the whole.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** On the disk of the checkout, so that a rename puts things in place; below it, so that node_modules is found. */
const STAGES = 'packages/dist/stages'

/** Makes a folder of that name for `work`, and removes it afterwards. The caller holds the lock of that name. */
export async function inStage<T>(
  root: string,
  name: string,
  work: (stage: string) => Promise<T> | T,
): Promise<T> {
  const stages = join(root, STAGES, name)
  mkdirSync(stages, { recursive: true })
  sweep(stages)
  const stage = mkdtempSync(join(stages, '/'))
  try {
    return await work(stage)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

/** Removes what killed processes left; what a child of one still writes to is left for the next time. */
function sweep(stages: string): void {
  for (const name of readdirSync(stages)) {
    try {
      rmSync(join(stages, name), { recursive: true, force: true })
    } catch {}
  }
}
