/**
 * Builds what a task needs and what has changed, by content. A build works in a stage, on a copy of the sources, and its
 * files are then renamed into place, so that commands which run meanwhile find either build whole.
 *
 * @module
 */

import { isBuilt, putInPlace } from './built.ts'
import { PRODUCTS, type ProductName } from './products.ts'
import { readSources, writePackages } from './sources.ts'

const NAME = 'build'

/**
 * Builds those of `names` whose sources, tools or files are not those of the last build.
 *
 * @throws {BuildError} if the sources are wrong.
 * @throws {NodeJS.ErrnoException} if this user may not write in the checkout.
 */
export async function buildWhatChanged(root: string, names: readonly ProductName[]): Promise<void> {
  if (changedOf(root, names, readSources(root).fingerprint).length === 0) return
  // Loaded when there is something to build, which is seldom.
  const [{ withLock }, { inStage }] = await Promise.all([import('./lock.ts'), import('./stage.ts')])
  await withLock(root, NAME, async () => {
    const { packages, fingerprint } = readSources(root)
    const changed = changedOf(root, names, fingerprint)
    if (changed.length === 0) return
    await inStage(root, NAME, async (stage) => {
      writePackages(stage, packages)
      for (const name of changed) await PRODUCTS[name].make(stage)
      for (const name of changed) putInPlace(root, stage, { name, fingerprint })
    })
  })
}

function changedOf(root: string, names: readonly ProductName[], fingerprint: string): ProductName[] {
  return names.filter((name) => !isBuilt(root, { name, fingerprint }))
}
