/**
 * Names of users by their ids, from `/etc/passwd`; users known elsewhere (LDAP) stay numbers.
 *
 * @module
 */

import { readFileSync, statSync } from 'node:fs'

let names = new Map<number, string>()
let readAt = -1

/** The name of a user; undefined if the file has none. */
export function userName(userId: number, file = '/etc/passwd'): string | undefined {
  try {
    const changedAt = statSync(file).mtimeMs
    if (changedAt !== readAt) {
      names = parsePasswd(readFileSync(file, 'utf8'))
      readAt = changedAt
    }
  } catch {
    return undefined
  }
  return names.get(userId)
}

/** The id of the user of that name; undefined if the file has none. */
export function userIdOf(name: string, file = '/etc/passwd'): number | undefined {
  try {
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .find((one) => one.startsWith(`${name}:`))
    const id = line?.split(':')[2] ?? ''
    return /^\d+$/.test(id) ? Number(id) : undefined
  } catch {
    return undefined
  }
}

/** The first name of each user id in a file of the form of passwd(5). */
export function parsePasswd(text: string): Map<number, string> {
  const found = new Map<number, string>()
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':')
    if (name && id && /^\d+$/.test(id) && !found.has(Number(id))) found.set(Number(id), name)
  }
  return found
}
