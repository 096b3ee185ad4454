/**
 * Looks up users and groups as the whole system knows them, by the files first and then by its own programs.
 *
 * @module
 */

import { userInfo } from 'node:os'
import { withinDeadline } from './deadline.ts'
import type { Seen } from './finding.ts'
import { runProgram } from './program-run.ts'
import type { GroupSeen } from './surroundings.ts'

/** Who runs this; a user without a name is its number. */
export function currentUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.geteuid?.())
  }
}

/** The name of a user, or its number. */
export async function nameOfUser(id: number): Promise<string> {
  return (await entry('passwd', String(id)))?.[0] ?? String(id)
}

/** The name of a group, or its number. */
export async function nameOfGroup(id: number): Promise<string> {
  return (await entry('group', String(id)))?.[0] ?? String(id)
}

/** The group `name` and how `user` stands to it; undefined inside if there is none. */
export async function groupSeen(
  name: string | undefined,
  user: string,
): Promise<Seen<GroupSeen | undefined>> {
  if (name === undefined) return { value: undefined }
  return await withinDeadline<Seen<GroupSeen | undefined>>(
    async () => {
      const [, , id = '', listed = ''] = (await entry('group', name)) ?? []
      if (id === '') return { value: undefined }
      const own = await runProgram('id', ['-G', '--', user])
      // The program fails for a user whom it does not know.
      const hasUser = own.code === 1 ? undefined : own.output.trim().split(/\s+/).includes(id)
      const isOwn = user === currentUser()
      const hasProcess = isOwn ? ownGroups().includes(Number(id)) : undefined
      return { value: { members: listed.split(',').filter((one) => one !== ''), hasUser, hasProcess } }
    },
    {
      late: { unseen: `the group "${name}" could not be looked up in time` },
      failed: ({ message }) => ({ unseen: `the group "${name}" could not be looked up: ${message}` }),
    },
  )
}

function ownGroups(): number[] {
  return [...(process.getgroups?.() ?? []), process.getegid?.() ?? -1]
}

/** The fields of a line of passwd(5) or group(5). */
async function entry(database: 'passwd' | 'group', key: string): Promise<string[] | undefined> {
  const { output } = await runProgram('getent', [database, '--', key])
  return output === '' ? undefined : output.trim().split(':')
}
