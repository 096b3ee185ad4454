/**
 * Goes through `/proc` for the processes that hold a socket, the likely ones first, and stops for breath all the time.
 *
 * @module
 */

import { type Dir, opendirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Placement } from './control-group.ts'
import type { FindControlGroup } from './control-group-folders.ts'
import type { SocketOwner } from './kernel-sockets.ts'
import {
  groupsOfProcess,
  markOf,
  type Program,
  placementOf,
  processOf,
  programOf,
  userOf,
} from './processes.ts'
import type { Work } from './turns.ts'

/** So many of the youngest processes, or threads of processes, are looked at before the list of all is read. */
const YOUNGEST = 8

/** Descriptors of a process that are looked at between two breaths. */
const DESCRIPTORS = 64

/** Where the last sockets of a user were found: a program that asks often uses the same few numbers again. */
interface Hint {
  processId: number
  /** Who asks again and again uses them in turn: the one that was not tried for longest first. */
  descriptors: string[]
}

/** The unit and container of a process are good for so long: reading them takes longer than all else. */
const PLACEMENT_GOOD_MS = 1000

interface KnownPlacement {
  processId: number
  placement: Placement | undefined
  mark: number | undefined
  at: number
}

/** So many of them are remembered. */
const HINTED = 8

/** A search in one `proc`, with a memory of where the last sockets of each user were. */
export class HolderSearch {
  readonly #proc: string
  readonly #findControlGroup: FindControlGroup
  readonly #hints = new Map<number, Hint>()
  readonly #placements = new Map<number, KnownPlacement>()

  constructor(proc: string, findControlGroup: FindControlGroup) {
    this.#proc = proc
    this.#findControlGroup = findControlGroup
  }

  *program(socket: SocketOwner): Work<Program | undefined> {
    const seen = new Set<number>()
    for (const id of this.#likely(socket.userId)) {
      const processId = yield* this.#holderOf(id, socket, seen)
      if (processId !== undefined) return this.#describe(socket.userId, processId)
    }
    for (const list of [this.#inControlGroup(socket), this.#all()]) {
      for (const id of yield* list) {
        const processId = yield* this.#holderOf(id, socket, seen)
        if (processId !== undefined) return this.#describe(socket.userId, processId)
      }
    }
    return undefined
  }

  /** Processes elsewhere are looked at only if none in the control group of the socket holds it. */
  *groups(socket: SocketOwner): Work<readonly number[] | undefined> {
    const seen = new Set<number>()
    for (const list of [this.#inControlGroup(socket), this.#all()]) {
      const found: (readonly number[])[] = []
      for (const id of yield* list) {
        const processId = yield* this.#holderOf(id, socket, seen)
        if (processId !== undefined) found.push(groupsOfProcess(processId, this.#proc) ?? [])
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

  #describe(userId: number, processId: number): Program | undefined {
    return programOf(processId, this.#proc, () => this.#placementOf(userId, processId))
  }

  #placementOf(userId: number, processId: number): Placement | undefined {
    const mark = markOf(processId, this.#proc)
    const now = performance.now()
    const former = this.#placements.get(userId)
    if (former?.processId === processId && former.mark === mark && now - former.at < PLACEMENT_GOOD_MS) {
      return former.placement
    }
    const placement = placementOf(processId, this.#proc)
    if (placement) this.#placements.set(userId, { processId, mark, placement, at: now })
    return placement
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
   * The process of that number, if it holds the socket, or the one that a thread of that number is part of. One that ended
   * meanwhile, or that may not be looked into, holds nothing; nor is one of another user looked into.
   */
  *#holderOf(id: number, { userId, inode }: SocketOwner, seen: Set<number>): Work<number | undefined> {
    if (seen.has(id)) return undefined
    seen.add(id)
    if (userOf(id, this.#proc) !== userId) {
      yield
      return undefined
    }
    const folder = `${this.#proc}/${id}/fd`
    const hint = this.#hints.get(userId)
    const known = hint?.processId === id ? hint.descriptors : []
    if (findHinted(folder, inode, known)) return id
    const descriptor = yield* findDescriptor(folder, inode)
    if (descriptor === undefined) return undefined
    const processId = processOf(id, this.#proc)
    const others = known.filter((name) => name !== descriptor).slice(1 - HINTED)
    this.#hints.set(userId, { processId, descriptors: [...others, descriptor] })
    return processId
  }
}

function inAll([first = [], ...others]: readonly (readonly number[])[]): readonly number[] {
  return first.filter((group) => others.every((groups) => groups.includes(group)))
}

/** Tries each that is known, and brings it to the end. */
function findHinted(folder: string, inode: number, known: string[]): boolean {
  for (let tried = 0; tried < known.length; tried++) {
    const name = known.shift() ?? ''
    known.push(name)
    if (isSocket(`${folder}/${name}`, inode)) return true
  }
  return false
}

function* findDescriptor(path: string, inode: number): Work<string | undefined> {
  const folder = openFolder(path)
  if (!folder) return undefined
  try {
    for (let count = 1, entry = folder.readSync(); entry; count++, entry = folder.readSync()) {
      if (isSocket(`${path}/${entry.name}`, inode)) return entry.name
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

/** The link is read and never followed: it may lead to a file of a disk that does not answer. */
function isSocket(path: string, inode: number): boolean {
  try {
    return readlinkSync(path) === `socket:[${inode}]`
  } catch {
    return false
  }
}
