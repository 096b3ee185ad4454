/**
 * The users of a token file: its owner and the group that may read it, as the policy sees them and as the file system takes
 * them.
 *
 * @module
 */

import type { Caller } from '../caller/caller.ts'
import { namesAndIds } from '../caller/caller-groups.ts'
import type { NameService } from '../caller/name-service.ts'
import { AgentError } from '../errors.ts'
import type { TokenFileEntry } from './token-file-entry.ts'

/** Who they are. */
export interface FileReaders {
  /** Undefined: the agent's own user, which need not be changed. */
  readonly userId: number | undefined
  readonly groupId: number | undefined
  /** The owner as the policy compares it, with the group among its groups: a rule that denies one of them holds. */
  readonly caller: Caller
}

/** Finds them. @throws {AgentError} `token_file_owner` if there is no such user or group. */
export async function findReaders(
  { path, owner, group }: TokenFileEntry,
  names: NameService,
): Promise<FileReaders> {
  const userId = owner === undefined ? undefined : await idOf(owner, (name) => names.userIdOf(name))
  const groupId = group === undefined ? undefined : await idOf(group, (name) => names.groupIdOf(name))
  if (owner !== undefined && userId === undefined)
    throw new AgentError('token_file_owner', `"${path}": there is no user "${owner}"`)
  if (group !== undefined && groupId === undefined)
    throw new AgentError('token_file_owner', `"${path}": there is no group "${group}"`)
  const ownerId = userId ?? process.geteuid?.()
  const user = ownerId === undefined ? undefined : await names.userName(ownerId)
  const findGroups = async () => {
    const groups = ownerId === undefined ? [] : await names.groupsOf(ownerId)
    return await namesAndIds([...new Set([...groups, ...(groupId === undefined ? [] : [groupId])])], names)
  }
  return { userId, groupId, caller: { userId: ownerId, user, program: undefined, findGroups } }
}

async function idOf(
  text: string,
  find: (name: string) => Promise<number | undefined>,
): Promise<number | undefined> {
  return /^\d+$/.test(text) ? Number(text) : await find(text)
}
