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
  const [{ takeLock }, { makeStage }] = await Promise.all([import('./lock.ts'), import('./stage.ts')])
  using _lock = takeLock(root, NAME)
  const { packages, fingerprint } = readSources(root)
  const changed = changedOf(root, names, fingerprint)
  if (changed.length === 0) return
  using stage = makeStage(root, NAME)
  writePackages(stage.folder, packages)
  for (const name of changed) await PRODUCTS[name].make(stage.folder)
  for (const name of changed) putInPlace(root, stage.folder, { name, fingerprint })
}

function changedOf(root: string, names: readonly ProductName[], fingerprint: string): ProductName[] {
  return names.filter((name) => !isBuilt(root, { name, fingerprint }))
}
