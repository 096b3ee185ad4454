/**
 * The groups of users, from `/etc/passwd` and `/etc/group`; users and groups known elsewhere (LDAP) have none here.
 *
 * A user is a member of its own group even if that is but a number, which `/etc/group` does not list: so the kernel sees
 * it too, when the user opens a file of that group.
 *
 * @module
 */

import { readFileSync, statSync } from 'node:fs'

/** The two files, and their content. */
export type Accounts = Readonly<Record<'passwd' | 'group', string>>

const FILES: Accounts = { passwd: '/etc/passwd', group: '/etc/group' }

/** Names and ids of the groups of a user. */
export type FindGroups = (userId: number) => readonly string[]

/** A look-up that reads the files anew when they were changed. */
export function createFindGroups(files: Accounts = FILES): FindGroups {
  let version = ''
  let accounts: Accounts = { passwd: '', group: '' }
  let found = new Map<number, readonly string[]>()
  return (userId) => {
    const present = `${versionOf(files.passwd)} ${versionOf(files.group)}`
    if (present !== version) {
      accounts = { passwd: contentOf(files.passwd), group: contentOf(files.group) }
      found = new Map()
      version = present
    }
    let groups = found.get(userId)
    if (!groups) {
      groups = groupsOf(userId, accounts)
      found.set(userId, groups)
    }
    return groups
  }
}

/** Names and ids of the groups of a user: the one of its line in passwd(5), and those of group(5) that list it. */
export function groupsOf(userId: number, { passwd, group }: Accounts): string[] {
  const lines = fieldsOf(passwd).filter(([, , id]) => id === String(userId))
  const users = new Set(lines.map(([name]) => name))
  const primary = new Set(lines.map(([, , , groupId]) => groupId))
  const groups = new Set<string>()
  for (const [name = '', , id = '', members = ''] of fieldsOf(group)) {
    if (name === '' || !/^\d+$/.test(id)) continue
    if (!primary.has(id) && !members.split(',').some((member) => users.has(member))) continue
    groups.add(name).add(id)
  }
  for (const id of primary) if (id !== undefined && /^\d+$/.test(id)) groups.add(id)
  return [...groups]
}

function fieldsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))
}

function versionOf(file: string): string {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stats ? `${stats.ino}-${stats.mtimeNs}-${stats.size}` : ''
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
