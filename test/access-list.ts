/**
 * Gives files access lists (POSIX ACLs), with Python, since Node cannot and few machines have `setfacl`.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'

/** One line: whom it is for, the number of a user or group if it names one, and what it permits (4, 2, 1). */
export type AccessLine = readonly [kind: keyof typeof TAGS, id: number | undefined, permissions: number]

const TAGS = { owner: 0x01, user: 0x02, group: 0x04, 'named group': 0x08, mask: 0x10, others: 0x20 } as const

const NOBODY_IN_PARTICULAR = 0xffffffff

const SCRIPT = 'import os, sys; os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]))'

/** The attribute's bytes. */
export function accessListBytes(lines: readonly AccessLine[]): Buffer {
  const bytes = Buffer.alloc(4 + lines.length * 8)
  bytes.writeUInt32LE(2, 0)
  // The kernel takes them in this order alone.
  const inOrder = lines.toSorted(([one], [other]) => TAGS[one] - TAGS[other])
  for (const [index, [kind, id = NOBODY_IN_PARTICULAR, permissions]] of inOrder.entries()) {
    bytes.writeUInt16LE(TAGS[kind], 4 + index * 8)
    bytes.writeUInt16LE(permissions, 6 + index * 8)
    bytes.writeUInt32LE(id, 8 + index * 8)
  }
  return bytes
}

/** Gives what is at `path` the list, or gives a folder the list for what is made in it. */
export function setAccessList(
  path: string,
  lines: readonly AccessLine[],
  name: 'access' | 'default' = 'access',
): void {
  const args = ['-c', SCRIPT, path, `system.posix_acl_${name}`, accessListBytes(lines).toString('hex')]
  const { status, stderr } = spawnSync('python3', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}
