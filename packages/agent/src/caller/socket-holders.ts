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

import { type Dir, opendirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createFindControlGroup, type FindControlGroup } from './control-group-folders.ts'
import type { SocketOwner } from './kernel-sockets.ts'
import { groupsOfProcess, type Program, processOf, programOf, userOf } from './processes.ts'
import { Turns, type Work } from './turns.ts'

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

/** So many of the youngest processes, or threads of processes, are looked at before the list of all is read. */
const YOUNGEST = 8

/** Descriptors of a process that are looked at between two breaths. */
const DESCRIPTORS = 64

/** Where the last socket of a user was found: a program that asks often uses the same number again. */
interface Hint {
  processId: number
  descriptor: string
}

/** A search that looks first where the last program of that user was found, then at the youngest processes. */
export function createSocketHolders({
  proc = '/proc',
  findControlGroup = createFindControlGroup(),
  turns = new Turns(LIMITS),
}: HolderPlaces = {}): SocketHolders {
  const hints = new Map<number, Hint>()
  const search = new HolderSearch(proc, findControlGroup, hints)
  return {
    findProgram: (socket) => turns.do(socket.userId, search.program(socket)),
    findGroups: (socket) => turns.do(socket.userId, search.groups(socket)),
    findCommonGroups: (userId) => turns.do(userId, search.commonGroups(userId)),
  }
}

class HolderSearch {
  readonly #proc: string
  readonly #findControlGroup: FindControlGroup
  readonly #hints: Map<number, Hint>

  constructor(proc: string, findControlGroup: FindControlGroup, hints: Map<number, Hint>) {
    this.#proc = proc
    this.#findControlGroup = findControlGroup
    this.#hints = hints
  }

  *program(socket: SocketOwner): Work<Program | undefined> {
    const seen = new Set<number>()
    for (const id of this.#likely(socket.userId)) {
      if (yield* this.#holds(id, socket, seen)) return programOf(processOf(id, this.#proc), this.#proc)
    }
    for (const list of [this.#inControlGroup(socket), this.#all()]) {
      for (const processId of yield* list) {
        if (yield* this.#holds(processId, socket, seen)) return programOf(processId, this.#proc)
      }
    }
    return undefined
  }

  /** Processes elsewhere are looked at only if none in the control group of the socket holds it. */
  *groups(socket: SocketOwner): Work<readonly number[] | undefined> {
    const seen = new Set<number>()
    for (const list of [this.#inControlGroup(socket), this.#all()]) {
      const found: (readonly number[])[] = []
      for (const processId of yield* list) {
        if (!(yield* this.#holds(processId, socket, seen))) continue
        found.push(groupsOfProcess(processId, this.#proc) ?? [])
      }
      if (found.length > 0) return inAll(found)
    }
    return undefined
  }

  *commonGroups(userId: number): Work<readonly number[]> {
    const found: (readonly number[])[] = []
    for (const processId of yield* this.#all()) {
      yield
      if (userOf(processId, this.#proc) !== userId) continue
      // One that ended meanwhile is nobody any more.
      const groups = groupsOfProcess(processId, this.#proc)
      if (groups) found.push(groups)
    }
    return inAll(found)
  }

  *#likely(userId: number): Iterable<number> {
    const hint = this.#hints.get(userId)
    if (hint) yield hint.processId
    const youngest = this.#youngest()
    for (let processId = youngest; processId > 0 && processId > youngest - YOUNGEST; processId--)
      yield processId
  }

  /** The last field of `loadavg`. */
  #youngest(): number {
    try {
      return Number(readFileSync(join(this.#proc, 'loadavg'), 'latin1').trim().split(' ').at(-1)) || 0
    } catch {
      return 0
    }
  }

  *#inControlGroup({ controlGroup }: SocketOwner): Work<number[]> {
    const folder = controlGroup === undefined ? undefined : yield* this.#findControlGroup(controlGroup)
    if (folder === undefined) return []
    try {
      return youngestFirst(readFileSync(join(folder, 'cgroup.procs'), 'latin1').split('\n'))
    } catch {
      return []
    }
  }

  *#all(): Work<number[]> {
    yield
    return youngestFirst(namesIn(this.#proc))
  }

  /**
   * Whether a process holds the socket. One that ended meanwhile, or that may not be looked into, holds nothing; nor is one
   * of another user looked into.
   */
  *#holds(processId: number, { userId, inode }: SocketOwner, seen: Set<number>): Work<boolean> {
    if (seen.has(processId)) return false
    seen.add(processId)
    if (userOf(processId, this.#proc) !== userId) {
      yield
      return false
    }
    const folder = join(this.#proc, String(processId), 'fd')
    const wanted = `socket:[${inode}]`
    const hint = this.#hints.get(userId)
    if (hint?.processId === processId && linkOf(join(folder, hint.descriptor)) === wanted) return true
    const descriptor = yield* findDescriptor(folder, wanted)
    if (descriptor === undefined) return false
    this.#hints.set(userId, { processId, descriptor })
    return true
  }
}

function inAll([first = [], ...others]: readonly (readonly number[])[]): readonly number[] {
  return first.filter((group) => others.every((groups) => groups.includes(group)))
}

function* findDescriptor(path: string, wanted: string): Work<string | undefined> {
  const folder = openFolder(path)
  if (!folder) return undefined
  try {
    for (let count = 1, entry = folder.readSync(); entry; count++, entry = folder.readSync()) {
      if (linkOf(join(path, entry.name)) === wanted) return entry.name
      if (count % DESCRIPTORS === 0) yield
    }
    return undefined
  } catch {
    return undefined
  } finally {
    folder.closeSync()
  }
}

function youngestFirst(names: readonly string[]): number[] {
  return names
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((one, other) => other - one)
}

function openFolder(path: string): Dir | undefined {
  try {
    return opendirSync(path)
  } catch {
    return undefined
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
