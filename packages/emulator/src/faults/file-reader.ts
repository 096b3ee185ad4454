/**
 * Who is to read a file that a fault makes: to a process with the rights of root, no mode closes a file.
 *
 * @see https://man7.org/linux/man-pages/man7/capabilities.7.html
 * @module
 */

import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createFindCaller, type FindCaller } from '@landfast/agent'

/** Whether the process at the other end of a connection may read files whatever their mode. */
export type ReadsEverything = (socket: Socket) => Promise<boolean>

/** The bits of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH. */
const PAST_MODES = (1n << 1n) | (1n << 2n)

/** A process that cannot be seen is taken for one with the rights of this one. */
export function createReadsEverything(findCaller: FindCaller = createFindCaller()): ReadsEverything {
  return async (socket) => {
    const caller = await findCaller(socket).catch(() => undefined)
    const id = caller?.program?.processId
    return (id === undefined ? undefined : mayPassModes(id)) ?? mayPassModes('self') ?? isRoot()
  }
}

/** Undefined if there is no such process, or no `/proc`. */
function mayPassModes(id: number | 'self'): boolean | undefined {
  const rights = /^CapEff:\t([0-9a-f]+)$/m.exec(statusOf(id) ?? '')?.[1]
  return rights === undefined ? undefined : (BigInt(`0x${rights}`) & PAST_MODES) !== 0n
}

function statusOf(id: number | 'self'): string | undefined {
  try {
    return readFileSync(`/proc/${id}/status`, 'latin1')
  } catch {
    return undefined
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}
