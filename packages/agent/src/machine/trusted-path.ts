/**
 * Checks whether other users could change a file, or put another in its place: its owner, its mode, and every folder
 * above it.
 *
 * @module
 */

import { lstatSync, readFileSync, realpathSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'

const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_OTHERS = 0o002
const STICKY = 0o1000

/** Why others could change what is at `path`; undefined if only root and this user can. */
export function whyUnsafe(path: string): string | undefined {
  const trusted = trustedUserIds()
  for (const part of new Set([...partsOf(path), ...partsOf(realpathSync(path))])) {
    const reason = whyPartUnsafe(part, lstatSync(part), trusted)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** `path` and every folder that it lies in. */
function* partsOf(path: string): Iterable<string> {
  yield path
  if (path !== dirname(path)) yield* partsOf(dirname(path))
}

/**
 * Root and this user. In a user namespace that maps only some users, root's folders seem to belong to the
 * overflow user.
 */
function trustedUserIds(): readonly (number | undefined)[] {
  const own = [0, process.geteuid?.()]
  try {
    const map = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/)
    if (map.join(' ') === '0 0 4294967295') return own
    return [...own, Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'))]
  } catch {
    return own
  }
}

function whyPartUnsafe(
  part: string,
  stats: Stats,
  trusted: readonly (number | undefined)[],
): string | undefined {
  if (!trusted.includes(stats.uid)) return `"${part}" belongs to user id ${stats.uid}`
  // The mode of a link means nothing; its owner could lead it elsewhere.
  if (stats.isSymbolicLink() || (stats.isDirectory() && stats.mode & STICKY)) return undefined
  if (stats.mode & WRITABLE_BY_OTHERS) return `"${part}" is writable by others`
  if (stats.mode & WRITABLE_BY_GROUP && !trusted.includes(stats.gid)) {
    return `"${part}" is writable by its group, ${stats.gid}`
  }
  return undefined
}
