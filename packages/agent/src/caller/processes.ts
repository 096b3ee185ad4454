/**
 * What `/proc` shows of a process: the file that it runs, its user and groups, its unit and container.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 * @module
 */

import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { isMappedGroup } from '@landfast/server'
import { type Placement, parsePlacement } from './control-group.ts'

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

/** The program of a process; undefined if it may not be looked into. */
export function programOf(
  processId: number,
  proc = '/proc',
  findPlacement: (processId: number, proc: string) => Placement | undefined = placementOf,
): Program | undefined {
  const executable = `${proc}/${processId}/exe`
  const path = linkOf(executable)
  if (path === undefined) return undefined
  const isOurs = isSameFile(executable, path)
  return { processId, path, isOurs, placement: findPlacement(processId, proc) }
}

/**
 * The user that a process runs as; undefined if there is no such process. The kernel shows it as its effective user's,
 * even one that changed its user by itself.
 */
export function userOf(processId: number, proc = '/proc'): number | undefined {
  return statSync(`${proc}/${processId}`, { throwIfNoEntry: false })?.uid
}

/** A number that no other process has, later or now; undefined if there is no such process. */
export function markOf(processId: number, proc = '/proc'): number | undefined {
  return statSync(`${proc}/${processId}`, { throwIfNoEntry: false })?.ino
}

/** The process that a thread is part of: the kernel shows threads beside processes to who knows their number. */
export function processOf(threadId: number, proc = '/proc'): number {
  return Number(/^Tgid:\t(\d+)$/m.exec(statusOf(threadId, proc) ?? '')?.[1] ?? threadId)
}

/** The groups of a process, as it opens files by them; undefined if there is no such process. */
export function groupsOfProcess(processId: number, proc = '/proc'): readonly number[] | undefined {
  const status = statusOf(processId, proc)
  return status === undefined ? undefined : parseGroups(status)
}

function statusOf(processId: number, proc: string): string | undefined {
  try {
    return readFileSync(`${proc}/${processId}/status`, 'latin1')
  } catch {
    return undefined
  }
}

/**
 * Reads the text of `/proc/PID/status`. A group that the process has only from a file with a set-group-id bit does not
 * count: whoever may start such a file may have it inherit a connection of his own.
 */
export function parseGroups(status: string): readonly number[] | undefined {
  const own = idsIn(/^Gid:\t([\d\t]+)$/m.exec(status)?.[1])
  const others = idsIn(/^Groups:\t([\d ]*)$/m.exec(status)?.[1])
  const [real] = own
  if (real === undefined) return undefined
  const isWhole = own.every((id) => id === real)
  return [...new Set([...(isWhole ? [real] : []), ...others])].filter(isMappedGroup)
}

function idsIn(text = ''): number[] {
  return text.trim().split(/\s+/).filter(Boolean).map(Number)
}

function isSameFile(one: string, other: string): boolean {
  try {
    const [{ dev, ino }, there] = [statSync(one), statSync(other)]
    return dev === there.dev && ino === there.ino
  } catch {
    return false
  }
}

/** The unit and container of a process; undefined if they cannot be read. */
export function placementOf(processId: number, proc = '/proc'): Placement | undefined {
  try {
    return parsePlacement(readFileSync(`${proc}/${processId}/cgroup`, 'latin1'))
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
