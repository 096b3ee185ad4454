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

/** A folder that goes when it is disposed of. */
export interface Stage extends Disposable {
  readonly folder: string
}

/** Makes a stage of that name in the checkout `root`, for the holder of the lock of that name. */
export function makeStage(root: string, name: string): Stage {
  const stages = join(root, STAGES, name)
  mkdirSync(stages, { recursive: true })
  sweep(stages)
  const folder = mkdtempSync(join(stages, '/'))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Removes what killed processes left; what a child of one still writes to is left for the next time. */
function sweep(stages: string): void {
  for (const name of readdirSync(stages)) {
    try {
      rmSync(join(stages, name), { recursive: true, force: true })
    } catch {}
  }
}
