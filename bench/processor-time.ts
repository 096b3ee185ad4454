/**
 * The processor time of a program that is not ours: a process and its children, as the kernel counts it.
 *
 * @see https://docs.kernel.org/scheduler/sched-stats.html
 * @module
 */

import { readFileSync } from 'node:fs'

const MICROSECONDS_OF_TICK = 10_000

/** Of the numbers behind a process's name in its `stat`: what its children used that are gone, in user and in system mode. */
const GONE = { user: 13, system: 14 }

/** Microseconds of the process and of all its children, each of one thread; nothing of a process that is gone itself. */
export function processorTimeOf(pid: number): number {
  const [nanoseconds = 0] = wordsIn(`/proc/${pid}/schedstat`).map(Number)
  const stat = wordsIn(`/proc/${pid}/stat`)
  const named = stat.findLastIndex((word) => word.endsWith(')')) + 1
  const ticks = Number(stat[named + GONE.user] ?? 0) + Number(stat[named + GONE.system] ?? 0)
  const children = wordsIn(`/proc/${pid}/task/${pid}/children`).map(Number)
  const living = children.reduce((sum, child) => sum + processorTimeOf(child), 0)
  return nanoseconds / 1000 + ticks * MICROSECONDS_OF_TICK + living
}

function wordsIn(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\s+/).filter(Boolean)
  } catch {
    return []
  }
}
