/**
 * Finds the folder of a control group by the kernel's number, which is the number of the folder's inode.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 * @module
 */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Work } from './turns.ts'

/** The folder of a control group; undefined if there is none, or none that can be seen. */
export type FindControlGroup = (number: bigint) => Work<string | undefined>

/** So many of the folders that were found are kept. Numbers are never given again. */
const KEPT = 1000

/** A finder below `root`, which is looked for if it is not given. */
export function createFindControlGroup(root = findRoot()): FindControlGroup {
  const known = new Map<bigint, string>()
  return function* (number) {
    const folder = known.get(number) ?? (root === undefined ? undefined : yield* search(root, number))
    if (folder === undefined || numberOf(folder) !== number) {
      known.delete(number)
      return undefined
    }
    known.set(number, folder)
    const [oldest] = known.keys()
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest)
    return folder
  }
}

/** The higher ones first: groups that a user made for itself lie deep, below those of the host. */
function* search(root: string, number: bigint): Work<string | undefined> {
  const folders = [root]
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    if (numberOf(folder) === number) return folder
    folders.push(...foldersIn(folder))
    yield
  }
  return undefined
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name))
  } catch {
    return []
  }
}

function numberOf(folder: string): bigint | undefined {
  return statSync(folder, { bigint: true, throwIfNoEntry: false })?.ino
}

/** Where control groups of version 2 are mounted. */
function findRoot(): string | undefined {
  try {
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
    return mounts.map((line) => line.split(' ')).find(([, , kind]) => kind === 'cgroup2')?.[1]
  } catch {
    return undefined
  }
}
