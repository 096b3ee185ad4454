/**
 * The members of a group, from `/etc/group` and `/etc/passwd`: those it names, and those whose own group it is.
 * Members known elsewhere (LDAP) are not seen.
 *
 * @module
 */

import { readFileSync } from 'node:fs'

/** The files, as their texts. */
export interface UserFiles {
  /** In the form of group(5). */
  group: string
  /** In the form of passwd(5). */
  passwd: string
}

/** Whether a user is a member of `group`, a name or a number, as the files say now; nobody is if they cannot be read. */
export function isGroupMember(group: string, userId: number): boolean {
  try {
    const [groups, passwd] = ['/etc/group', '/etc/passwd'].map((file) => readFileSync(file, 'utf8'))
    return membersOf({ group: groups ?? '', passwd: passwd ?? '' }, group).has(userId)
  } catch {
    return false
  }
}

/** The user ids of the members of `group`. */
export function membersOf(files: UserFiles, group: string): Set<number> {
  const entry = linesOf(files.group).find(([name, , id]) => name === group || id === group)
  const members = new Set<number>()
  if (!entry) return members
  const [, , groupId, list = ''] = entry
  const names = new Set(list.split(',').filter((name) => name !== ''))
  for (const [name = '', , userId = '', ownGroup] of linesOf(files.passwd)) {
    if (/^\d+$/.test(userId) && (names.has(name) || ownGroup === groupId)) members.add(Number(userId))
  }
  return members
}

function linesOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.trim().split(':'))
}
