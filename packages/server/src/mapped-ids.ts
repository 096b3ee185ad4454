/**
 * Which user and group ids say who somebody is. In a user namespace the kernel shows all who are not part of it by one
 * and the same id, which therefore is nobody's.
 *
 * @see https://man7.org/linux/man-pages/man7/user_namespaces.7.html
 * @module
 */

import { readFileSync } from 'node:fs'

const EVERYBODY = '0 0 4294967295'

/** Undefined where every id is one of somebody. */
interface OverflowIds {
  user: number | undefined
  group: number | undefined
}

let ids: OverflowIds | undefined

/** Whether the id is that of one user. */
export function isMappedUser(id: number): boolean {
  return id !== overflowIds().user
}

/** Whether the id is that of one group. */
export function isMappedGroup(id: number): boolean {
  return id !== overflowIds().group
}

function overflowIds(): OverflowIds {
  ids ??= { user: overflowOf('uid'), group: overflowOf('gid') }
  return ids
}

function overflowOf(kind: 'uid' | 'gid'): number | undefined {
  try {
    const map = readFileSync(`/proc/self/${kind}_map`, 'utf8').trim().split(/\s+/).join(' ')
    if (map === EVERYBODY) return undefined
    return Number(readFileSync(`/proc/sys/kernel/overflow${kind}`, 'utf8'))
  } catch {
    return undefined
  }
}
