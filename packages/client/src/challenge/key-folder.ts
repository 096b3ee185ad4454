/**
 * The folder of key files: whether it is the platform's, and whether other users could put files into it.
 *
 * @module
 */

import type { Stats } from 'node:fs'
import { builtin } from '../builtin.ts'

const WRITABLE_BY_OTHERS = 0o002
const STICKY = 0o1000

/** The name of a key file that lies directly in a folder, after its last separator. */
const NAME = /^[^/\\]+\.key$/

/** Whether `path` names a key file directly in `folder`, spelled out: nothing in it is resolved. */
export function isDirectlyIn(folder: string, path: string): boolean {
  const separator = folder.includes('\\') ? '\\' : '/'
  return path.startsWith(folder + separator) && NAME.test(path.slice(folder.length + 1))
}

/**
 * Why others than the agent could put a file into `folder`; undefined if none can. Only root and the owner of the
 * folder may own it and the folders above, and none may be writable by others.
 *
 * @throws {NodeJS.ErrnoException} if one of them may not be looked at.
 */
export function whyFolderUnsafe(folder: string): string | undefined {
  if (process.platform === 'win32') return undefined
  const { lstatSync, realpathSync } = builtin('node:fs')
  const own = lstatSync(folder)
  if (!own.isDirectory()) return `"${folder}" is a link or a file`
  if (own.mode & WRITABLE_BY_OTHERS) return `"${folder}" is writable by others (${modeOf(own)})`
  // In a container's user namespace root may be seen as another user; "/" is always root's.
  const trusted = [0, lstatSync('/').uid, own.uid]
  for (const part of new Set([...parentsOf(folder), ...parentsOf(realpathSync(folder))])) {
    const reason = whyParentUnsafe(part, lstatSync(part), trusted)
    if (reason !== undefined) return reason
  }
  return undefined
}

function* parentsOf(path: string): Iterable<string> {
  const end = path.lastIndexOf('/')
  if (end < 0 || path === '/') return
  const parent = path.slice(0, end) || '/'
  yield parent
  yield* parentsOf(parent)
}

/** Where the sticky bit is set, only the owner of a folder can put another in its place. */
function whyParentUnsafe(part: string, stats: Stats, trusted: readonly number[]): string | undefined {
  if (!trusted.includes(stats.uid)) return `"${part}" belongs to user id ${stats.uid}`
  if (stats.isSymbolicLink() || stats.mode & STICKY) return undefined
  if (stats.mode & WRITABLE_BY_OTHERS) return `"${part}" is writable by others (${modeOf(stats)})`
  return undefined
}

function modeOf({ mode }: Stats): string {
  return `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`
}
