/**
 * Reads the access list (POSIX ACL) of a file: which users and groups beside its own may use it. With a list, the
 * group's bits of the mode are those of its mask, and say nothing of the group.
 *
 * @see https://man7.org/linux/man-pages/man5/acl.5.html
 * @module
 */

import { constants } from 'node:os'
import { loadKernel } from './kernel/kernel.ts'

/** One line of a list, with what its mask leaves of the permissions. */
export interface AccessEntry {
  kind: 'owner' | 'user' | 'group-of-file' | 'group' | 'others'
  /** The number of the user or the group that it names. */
  id: number | undefined
  /** 4 to read, 2 to write, 1 to enter or run. */
  permissions: number
}

/** What there is of a list: its lines, nothing, or something that cannot be read here. */
export type FoundAccessList = readonly AccessEntry[] | 'none' | 'unknown'

const ATTRIBUTE = Buffer.from('system.posix_acl_access\0')
const VERSION = 2
const ENTRY_BYTES = 8
const MASK = 0x10

const KINDS: Readonly<Record<number, AccessEntry['kind']>> = {
  1: 'owner',
  2: 'user',
  4: 'group-of-file',
  8: 'group',
  32: 'others',
}

/** The most that the kernel gives for an attribute. */
const ROOM = 65_536

const NO_LIST: ReadonlySet<number> = new Set([constants.errno.ENODATA, constants.errno.ENOTSUP])

/** Reads the list of what is at `path`. */
export function readAccessList(path: string): FoundAccessList {
  if (process.platform !== 'linux') return 'none'
  const kernel = loadKernel()
  if (!kernel) return 'unknown'
  const room = Buffer.alloc(ROOM)
  const length = kernel.attribute(Buffer.from(`${path}\0`), ATTRIBUTE, room)
  if (length < 0) return NO_LIST.has(-length) ? 'none' : 'unknown'
  return length === 0 ? 'none' : (parseAccessList(room.subarray(0, length)) ?? 'unknown')
}

/** Reads the form in which the kernel keeps a list; undefined if it is another. */
export function parseAccessList(bytes: Buffer): readonly AccessEntry[] | undefined {
  if (bytes.length < 4 || bytes.readUInt32LE(0) !== VERSION || (bytes.length - 4) % ENTRY_BYTES !== 0) {
    return undefined
  }
  const lines = Array.from({ length: (bytes.length - 4) / ENTRY_BYTES }, (_, index) => {
    const at = 4 + index * ENTRY_BYTES
    return {
      tag: bytes.readUInt16LE(at),
      permissions: bytes.readUInt16LE(at + 2),
      id: bytes.readUInt32LE(at + 4),
    }
  })
  const mask = lines.find(({ tag }) => tag === MASK)?.permissions ?? 7
  return lines.flatMap(({ tag, permissions, id }) => {
    const kind = KINDS[tag]
    if (!kind) return []
    const isMasked = kind !== 'owner' && kind !== 'others'
    const isNamed = kind === 'user' || kind === 'group'
    return [{ kind, id: isNamed ? id : undefined, permissions: isMasked ? permissions & mask : permissions }]
  })
}
