/**
 * What a process and all that it started cost: processor time and memory, as the kernel counts them.
 *
 * @see https://www.kernel.org/doc/html/latest/filesystems/proc.html
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const NANOSECONDS_PER_MICROSECOND = 1000
const KIB_PER_MIB = 1024

/** The processes of the tree below `root`, itself first. */
export function processTree(root: number, proc = '/proc'): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync(proc)) {
    const parent = /^\d+$/.test(name) ? parentOf(readOr(join(proc, name, 'stat'))) : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** Nanoseconds of processor time by the id of the thread. */
export type ProcessorTimes = ReadonlyMap<number, number>

/** Of the threads that live in the tree, to the nanosecond, where `stat` counts hundredths of a second. */
export function processorTimes(root: number, proc = '/proc'): ProcessorTimes {
  const times = new Map<number, number>()
  for (const pid of processTree(root, proc)) {
    const tasks = join(proc, String(pid), 'task')
    for (const task of listOr(tasks))
      times.set(Number(task), runTimeOf(readOr(join(tasks, task, 'schedstat'))))
  }
  return times
}

/** Microseconds of processor time from one look to the next. Threads that ended take nothing off it. */
export function microsecondsBetween(before: ProcessorTimes, after: ProcessorTimes): number {
  let nanoseconds = 0
  for (const [task, time] of after) nanoseconds += time - (before.get(task) ?? 0)
  return nanoseconds / NANOSECONDS_PER_MICROSECOND
}

/** MiB of the tree, with what processes share counted once. */
export function memoryMiB(root: number, proc = '/proc'): number {
  const kib = processTree(root, proc).map((pid) => {
    const [, pss = 0] = /^Pss:\s+(\d+) kB/m.exec(readOr(join(proc, String(pid), 'smaps_rollup'))) ?? []
    return Number(pss)
  })
  return kib.reduce((sum, one) => sum + one, 0) / KIB_PER_MIB
}

/** Ends the whole tree, as a loss of power would. */
export function killTree(root: number): void {
  for (const pid of processTree(root)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

/** The name before it is in brackets and may have anything in it. */
function parentOf(stat: string): number | undefined {
  const [, parent] = /^\d+ \(.*\) \S (\d+) /s.exec(stat) ?? []
  return parent === undefined ? undefined : Number(parent)
}

function runTimeOf(schedstat: string): number {
  return Number(schedstat.split(' ')[0])
}

/** A process may end between two looks. */
function readOr(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

function listOr(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
