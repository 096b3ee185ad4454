/**
 * Who is to read a file that a fault makes: to a process with the rights of root, no mode closes a file.
 *
 * @see https://man7.org/linux/man-pages/man7/capabilities.7.html
 * @module
 */

import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createFindCaller, type FindCaller } from '@landfast/agent'

/** Whether the process at the other end of a connection may read files whatever their mode. */
export type ReadsEverything = (socket: Socket) => Promise<boolean>

/** The bits of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH. */
const PAST_MODES = (1n << 1n) | (1n << 2n)

/** A user namespace that has every user there is: the first one. */
const EVERYBODY = 0xffff_ffff

/** A process that cannot be seen is taken for one with the rights of this one. `folder` is that of processes. */
export function createReadsEverything(
  findCaller: FindCaller = createFindCaller(),
  folder = '/proc',
): ReadsEverything {
  const read = (path: string) => readIfThere(join(folder, path))
  return async (socket) => {
    const caller = await findCaller(socket).catch(() => undefined)
    const id = caller?.program?.processId
    return (id === undefined ? undefined : mayPassModes(id, read)) ?? mayPassModes('self', read) ?? isRoot()
  }
}

type Read = (path: string) => string | undefined

/** Undefined if there is no such process, or no `/proc`. */
function mayPassModes(id: number | 'self', read: Read): boolean | undefined {
  const rights = /^CapEff:\t([0-9a-f]+)$/m.exec(read(`${id}/status`) ?? '')?.[1]
  if (rights === undefined) return undefined
  const { geteuid, getegid } = process
  return (
    (BigInt(`0x${rights}`) & PAST_MODES) !== 0n &&
    isPartOf(read, `${id}/uid_map`, 'self/uid_map', geteuid?.()) &&
    isPartOf(read, `${id}/gid_map`, 'self/gid_map', getegid?.())
  )
}

/**
 * Whether `id`, the user or group of this process and of its files, is part of the user namespace of another process. The kernel
 * lets rights in a namespace count for files of its users and groups alone: root of a rootless container passes the modes of the
 * files of the user who started it, and of no other.
 *
 * @see https://man7.org/linux/man-pages/man7/user_namespaces.7.html
 */
function isPartOf(read: Read, mapFile: string, ownMapFile: string, id = 0): boolean {
  const map = read(mapFile)
  // A process reads of its own namespace which ids it has outside, of another one which ids it has in here.
  if (map === undefined || map === read(ownMapFile)) return true
  return map.split('\n').some((line) => {
    const [, first = 0, count = 0] = line.trim().split(/\s+/).map(Number)
    return count === EVERYBODY || (id >= first && id < first + count)
  })
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}
