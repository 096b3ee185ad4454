/**
 * The users and groups of `/etc/passwd` and `/etc/group`, read anew when a file was changed. Others (LDAP, SSSD, systemd's
 * dynamic users) are asked for elsewhere.
 *
 * @module
 */

import { readFileSync, statSync } from 'node:fs'

/** The two files. */
const ACCOUNT_FILES = { passwd: '/etc/passwd', group: '/etc/group' } as const

/** The two files, or their content. */
export type Accounts = Readonly<Record<'passwd' | 'group', string>>

interface ReadFile {
  version: string
  content: string
  names: Map<number, string[]>
}

const read = new Map<string, ReadFile>()

/** The name of a user; undefined if the file has none. */
export function userName(userId: number, file: string = ACCOUNT_FILES.passwd): string | undefined {
  return readAccounts(file).names.get(userId)?.[0]
}

/** The id of the user of that name; undefined if the file has none. */
export function userIdOf(name: string, file: string = ACCOUNT_FILES.passwd): number | undefined {
  return idOf(name, file)
}

/** The names of a group, of which it may have several. */
export function groupNames(groupId: number, file: string = ACCOUNT_FILES.group): readonly string[] {
  return readAccounts(file).names.get(groupId) ?? []
}

/** The id of the group of that name; undefined if the file has none. */
export function groupIdOf(name: string, file: string = ACCOUNT_FILES.group): number | undefined {
  return idOf(name, file)
}

/** The ids of the groups that the files give to a user. */
export function groupsInFiles(userId: number, files: Accounts = ACCOUNT_FILES): number[] {
  const { passwd, group } = files
  return groupsOf(userId, { passwd: readAccounts(passwd).content, group: readAccounts(group).content })
}

/** Ids of the groups of a user: that of its line in passwd(5), and those of group(5) that list it. */
export function groupsOf(userId: number, { passwd, group }: Accounts): number[] {
  const lines = fieldsOf(passwd).filter(([, , id]) => id === String(userId))
  const users = new Set(lines.map(([name]) => name))
  const primary = lines.map(([, , , id = '']) => id)
  const others = fieldsOf(group)
    .filter(([, , , members = '']) => members.split(',').some((member) => users.has(member)))
    .map(([, , id = '']) => id)
  return [...new Set([...primary, ...others].filter(isId).map(Number))]
}

/** The names of each id in a file of the form of passwd(5) or group(5). */
export function parseNames(text: string): Map<number, string[]> {
  const found = new Map<number, string[]>()
  for (const [name, , id = ''] of fieldsOf(text)) {
    if (name && isId(id)) found.set(Number(id), [...(found.get(Number(id)) ?? []), name])
  }
  return found
}

function idOf(name: string, file: string): number | undefined {
  const [, , id = ''] = fieldsOf(readAccounts(file).content).find(([one]) => one === name) ?? []
  return isId(id) ? Number(id) : undefined
}

function isId(text: string): boolean {
  return /^\d+$/.test(text)
}

function fieldsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))
}

/** A file that cannot be read has nobody. */
function readAccounts(file: string): ReadFile {
  const version = versionOf(file)
  const former = read.get(file)
  if (former?.version === version) return former
  const content = contentOf(file)
  const present = { version, content, names: parseNames(content) }
  read.set(file, present)
  return present
}

/** A file may be replaced by one that has the same time, as tools do that keep times. */
function versionOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats ? `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}` : ''
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
