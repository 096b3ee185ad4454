/**
 * The groups of a caller: those of the processes that hold its connection, as the kernel would let them open files. An
 * agent that does not see the processes of others takes the groups that the system gives to their user.
 *
 * @see docs/security.md#who-is-asking
 * @module
 */

import { readlinkSync } from 'node:fs'
import { isMappedGroup, isMappedUser } from '@landfast/server'
import type { SocketOwner } from './kernel-sockets.ts'
import type { NameService } from './name-service.ts'
import type { SocketHolders } from './socket-holders.ts'

/** Names and ids of groups; undefined where they cannot be found out. Never throws. */
export type FindCallerGroups = (socket: SocketOwner) => Promise<readonly string[] | undefined>

/** The first namespace of processes, which all others are part of, by its number in every kernel. */
const FIRST_NAMESPACE = 'pid:[4026531836]'

/** A finder that believes what `holders` see. */
export function createFindCallerGroups(
  holders: Pick<SocketHolders, 'findGroups' | 'findCommonGroups'>,
  names: Pick<NameService, 'groupNames' | 'groupsOf'>,
  sight: Sight = sightOfProcesses(),
): FindCallerGroups {
  return async (socket) => {
    const found = await holders.findGroups(socket)
    if (found) return await namesAndIds(found, names)
    if (sight === 'whole' || !isMappedUser(socket.userId)) return undefined
    const [inAll, byName] = await Promise.all([
      sight === 'owners' ? holders.findCommonGroups(socket.userId) : [],
      names.groupsOf(socket.userId),
    ])
    const groups = new Set([...(inAll ?? []), ...byName].filter(isMappedGroup))
    return await namesAndIds([...groups], names)
  }
}

/** Names of groups with their ids, as rules may name either. */
export async function namesAndIds(
  groups: readonly number[],
  names: Pick<NameService, 'groupNames'>,
): Promise<readonly string[]> {
  const named = await Promise.all(groups.map((group) => names.groupNames(group)))
  return [...named.flat(), ...groups.map(String)]
}

/**
 * What this process sees of all others: everything, so that what it does not find hides, perhaps in order to be taken for
 * somebody else, since users of a container have the numbers of users of the host; their users and groups; or only some.
 */
export type Sight = 'whole' | 'owners' | 'some'

function sightOfProcesses(): Sight {
  try {
    if (readlinkSync('/proc/self/ns/pid') !== FIRST_NAMESPACE) return 'some'
  } catch {
    return 'some'
  }
  try {
    return readlinkSync('/proc/1/exe') === '' ? 'owners' : 'whole'
  } catch {
    return 'owners'
  }
}
