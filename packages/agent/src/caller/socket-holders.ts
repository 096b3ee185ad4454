/**
 * Finds the processes that hold a socket, where `/proc` may be read: root sees every process, other users only their
 * own.
 *
 * The answer is good for an audit line and for telling programs of different users apart. It is no wall between
 * processes of one user, who can change each other.
 *
 * @see docs/security.md#who-is-asking
 * @module
 */

import { createFindControlGroup, type FindControlGroup } from './control-group-folders.ts'
import { HolderSearch } from './holder-search.ts'
import type { SocketOwner } from './kernel-sockets.ts'
import type { Program } from './processes.ts'
import { Turns } from './turns.ts'

/** Who holds sockets. Never throws; undefined is that nobody could be seen. */
export interface SocketHolders {
  /** A process that holds the socket. */
  findProgram(socket: SocketOwner): Promise<Program | undefined>
  /** The groups that every process has that holds the socket. */
  findGroups(socket: SocketOwner): Promise<readonly number[] | undefined>
  /** The groups that every process of a user has; whoever is one of them has these, without being looked into. */
  findCommonGroups(userId: number): Promise<readonly number[] | undefined>
}

/** What the search looks into. */
export interface HolderPlaces {
  proc?: string
  findControlGroup?: FindControlGroup
  turns?: Turns
}

/** A search takes turns with those for other users. It is given up after a second of the processor. */
const LIMITS = { turn: 1, whole: 1000 }

/** A search that looks first where the last program of that user was found, then at the youngest processes. */
export function createSocketHolders({
  proc = '/proc',
  findControlGroup = createFindControlGroup(),
  turns = new Turns(LIMITS),
}: HolderPlaces = {}): SocketHolders {
  const search = new HolderSearch(proc, findControlGroup)
  return {
    findProgram: (socket) => turns.do(socket.userId, search.program(socket)),
    findGroups: (socket) => turns.do(socket.userId, search.groups(socket)),
    findCommonGroups: (userId) => turns.do(userId, search.commonGroups(userId)),
  }
}
