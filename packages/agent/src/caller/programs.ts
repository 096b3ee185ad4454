/**
 * Finds the program that holds a socket, where `/proc` may be read: root sees every process, other users only their
 * own.
 *
 * The answer is good for an audit line and for telling programs of different users apart. It is no wall between
 * processes of one user, who can change each other.
 *
 * @see docs/security.md#who-is-asking
 * @module
 */

import { type Dir, opendirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Placement, parsePlacement } from './control-group.ts'
import type { SocketOwner } from './kernel-sockets.ts'

/** A process and the file it runs. */
export interface Program {
  processId: number
  /** Path of the executable, as its own mount namespace has it. */
  path: string
  /**
   * Whether the file that runs is the one that we have at `path`. Not so in a container, after the file was
   * replaced, or where a user put another in its place in a private namespace.
   */
  isOurs?: boolean
  /** Its unit and container; undefined if they cannot be read. */
  placement?: Placement | undefined
}

/** Finds the program that holds a socket; undefined if none can be seen. Never throws. */
export type FindProgram = (socket: SocketOwner) => Program | undefined

/**
 * A search that takes more of the processor is given up: a user with thousands of processes must not stop the agent.
 * Time in which others had the processor does not count, or a busy host would make programs unknown.
 */
const SEARCH_WITHIN_MS = 10

/**
 * A finder that looks first where the last program of that user was found, then at the youngest processes.
 *
 * It is synchronous so that the program is seen before it has its answer and may be gone.
 */
export function createFindProgram(
  proc = '/proc',
  processorTime: () => number = ownProcessorTime,
): FindProgram {
  const lastOf = new Map<number, string>()
  return (socket) => {
    const deadline = processorTime() + SEARCH_WITHIN_MS
    for (const process of candidates(proc, lastOf.get(socket.userId))) {
      if (processorTime() > deadline) return undefined
      if (!holds(join(proc, process), socket, () => processorTime() > deadline)) continue
      lastOf.set(socket.userId, process)
      return describe(proc, process)
    }
    return undefined
  }
}

/** Milliseconds that this thread has run. */
function ownProcessorTime(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function* candidates(proc: string, last: string | undefined): Iterable<string> {
  if (last) yield last
  const processes = namesIn(proc).filter((name) => /^\d+$/.test(name))
  yield* processes.sort((a, b) => Number(b) - Number(a))
}

/**
 * Whether a process holds the socket. One that ended meanwhile, or that may not be looked into, holds nothing; one
 * with very many descriptors is given up half-way.
 */
function holds(process: string, { userId, inode }: SocketOwner, isLate: () => boolean): boolean {
  if (ownerOf(process) !== userId) return false
  const folder = openFolder(join(process, 'fd'))
  if (!folder) return false
  try {
    for (let entry = folder.readSync(); entry && !isLate(); entry = folder.readSync()) {
      if (linkOf(join(folder.path, entry.name)) === `socket:[${inode}]`) return true
    }
    return false
  } catch {
    return false
  } finally {
    folder.closeSync()
  }
}

function openFolder(path: string): Dir | undefined {
  try {
    return opendirSync(path)
  } catch {
    return undefined
  }
}

/** The kernel shows a process as its effective user's, even one that changed its user by itself. */
function ownerOf(process: string): number | undefined {
  try {
    return statSync(process).uid
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

function describe(proc: string, process: string): Program | undefined {
  const executable = join(proc, process, 'exe')
  const path = linkOf(executable)
  if (path === undefined) return undefined
  return {
    processId: Number(process),
    path,
    isOurs: isSameFile(executable, path),
    placement: placementOf(join(proc, process)),
  }
}

function isSameFile(one: string, other: string): boolean {
  try {
    const [{ dev, ino }, there] = [statSync(one), statSync(other)]
    return dev === there.dev && ino === there.ino
  } catch {
    return false
  }
}

function placementOf(process: string): Placement | undefined {
  try {
    return parsePlacement(readFileSync(join(process, 'cgroup'), 'latin1'))
  } catch {
    return undefined
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** The program of a process; undefined if it may not be looked into. */
export function programOf(processId: number, proc = '/proc'): Program | undefined {
  return describe(proc, String(processId))
}

/** The user that a process runs as; undefined if there is no such process. */
export function userOf(processId: number, proc = '/proc'): number | undefined {
  return ownerOf(join(proc, String(processId)))
}
