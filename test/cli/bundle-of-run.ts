/**
 * The bundled command, once for all files of a run of tests: it takes two seconds of a processor.
 *
 * @module
 */

import { cp, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { sharedInRun } from '../../packages/control-plane/src/testing/run/shared-in-run.ts'
import { bundle } from '../../scripts/bundle.ts'

/** What the run calls it. */
export const BUNDLE = 'command-bundle'

/** Copies it into `folder`, which it makes. */
export async function copyBundle(folder: string): Promise<void> {
  const made = await sharedInRun(BUNDLE, async (run) => {
    const fresh = join(await mkdtemp(join(run.folder, 'command-')), 'dist')
    await bundle(fresh)
    return fresh
  })
  await cp(made, folder, { recursive: true })
}
