/**
 * Who may change a file, or put another in its place: its owner, its mode, its access list, and those of every folder
 * above it. Whatever we believe is asked about here.
 *
 * @see docs/security.md#files-that-are-believed
 * @module
 */

import { lstatSync, readFileSync, realpathSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { type AccessEntry, readAccessList } from './access-list.ts'
import { isMappedUser } from './mapped-ids.ts'

const WRITE = 2
const STICKY = 0o1000

/** Why others could change what is at `path`; undefined if only root and this user can. */
export function whyOthersWrite(path: string): string | undefined {
  for (const part of new Set([...partsOf(path), ...partsOf(realpathSync(path))])) {
    const reason = whyPartOpen(part, lstatSync(part))
    if (reason !== undefined) return reason
  }
  return undefined
}

/**
 * Why users have the permission at `path` that neither its mode nor its group gives them, but its access list; undefined
 * if there are none.
 *
 * @param permissions 4 to read, 2 to write.
 */
export function whyListOpens(path: string, permissions: number): string | undefined {
  const list = readAccessList(path)
  if (typeof list === 'string') return undefined
  const open = list.find((entry) => (entry.permissions & permissions) !== 0 && isNamed(entry))
  return open && `"${path}" is open to ${open.kind} id ${open.id}, by its access list`
}

/** `path` and every folder that it lies in. */
function* partsOf(path: string): Iterable<string> {
  yield path
  if (path !== dirname(path)) yield* partsOf(dirname(path))
}

/** Root and this user. In a user namespace that maps only some users, root's folders seem to belong to nobody. */
function isTrustedUser(id: number | undefined): boolean {
  return id === 0 || id === process.geteuid?.() || (id !== undefined && !isMappedUser(id))
}

function whyPartOpen(part: string, stats: Stats): string | undefined {
  if (!isTrustedUser(stats.uid)) return `"${part}" belongs to user id ${stats.uid}`
  // The mode of a link means nothing; its owner could lead it elsewhere.
  if (stats.isSymbolicLink() || (stats.isDirectory() && stats.mode & STICKY)) return undefined
  const writers = writersOf(part, stats).filter((entry) => !isTrusted(entry, stats))
  const open = writers.find(({ kind }) => kind === 'others') ?? writers[0]
  if (!open) return undefined
  if (open.kind === 'others') return `"${part}" is writable by others`
  if (open.kind === 'group-of-file') return `"${part}" is writable by its group, ${stats.gid}`
  return `"${part}" is writable by ${open.kind} id ${open.id}, by its access list`
}

/** Where there is a list, the group's bits of the mode are the most that any line of it gives. */
function writersOf(part: string, { mode }: Stats): AccessEntry[] {
  const found = (mode & 0o022) === 0 ? 'none' : readAccessList(part)
  const entries: readonly AccessEntry[] =
    typeof found === 'string'
      ? [
          { kind: 'group-of-file', id: undefined, permissions: (mode >> 3) & 7 },
          { kind: 'others', id: undefined, permissions: mode & 7 },
        ]
      : found
  return entries.filter(({ kind, permissions }) => kind !== 'owner' && (permissions & WRITE) !== 0)
}

function isTrusted(entry: AccessEntry, { gid }: Stats): boolean {
  if (entry.kind === 'user') return isTrustedUser(entry.id)
  return entry.kind === 'group-of-file' && isPrivateGroup(gid)
}

/** A line that is for somebody in particular, who is neither root nor this user. */
function isNamed({ kind, id }: AccessEntry): boolean {
  return kind === 'group' || (kind === 'user' && !isTrustedUser(id))
}

/** Many systems give each user a group of its own, of the same number, and let it write what the user makes. */
function isPrivateGroup(groupId: number): boolean {
  if (groupId === 0 || groupId !== process.geteuid?.() || groupId !== process.getegid?.()) return false
  try {
    const [group, passwd] = [readFileSync('/etc/group', 'utf8'), readFileSync('/etc/passwd', 'utf8')]
    return !hasOthers(groupId, { group, passwd })
  } catch {
    // They may name somebody.
    return false
  }
}

/** Whether group(5) lists members of the group, or passwd(5) gives it to a user of another number. */
export function hasOthers(groupId: number, { group, passwd }: { group: string; passwd: string }): boolean {
  const fieldsOf = (text: string) => text.split('\n').map((line) => line.split(':'))
  const id = String(groupId)
  const isListed = fieldsOf(group).some(([, , own, members = '']) => own === id && members !== '')
  return isListed || fieldsOf(passwd).some(([, , userId, primary]) => primary === id && userId !== id)
}
