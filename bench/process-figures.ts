/**
 * What the kernel says of a running process: its memory, its processor time, and how often it was woken.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_schedstat.5.html
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs'

/** In MiB. */
export interface Memory {
  Rss: number
  Private_Dirty: number
}

/** What a process has used since its start. */
export interface Usage {
  /** Milliseconds of processor time of the threads that live, as the scheduler counts it. */
  liveMs: number
  /** Of all threads, the ended ones too, in ticks of 10 ms. */
  allMs: number
  /** How often a thread slept and was woken. */
  wakeUps: number
  /** How often a thread lost its processor to another. */
  preemptions: number
}

/** Linux has this many ticks a second on every architecture that Node has. */
const TICKS_PER_SECOND = 100

/** Places in `/proc/PID/stat`, counted after the name of the program, which may have anything in it. */
const [USER_TICKS, SYSTEM_TICKS] = [11, 12]

/** @see proc_pid_smaps_rollup in the kernel's documentation; its kB are 1,024 bytes. */
export function readMemory(processId: number | undefined): Memory {
  const lines = readFileSync(`/proc/${processId}/smaps_rollup`, 'utf8')
  const mebibytes = (name: string) => numberAfter(lines, name) / 1024
  return { Rss: mebibytes('Rss'), Private_Dirty: mebibytes('Private_Dirty') }
}

/** Of all threads of the process. */
export function readUsage(processId: number | undefined): Usage {
  const folder = `/proc/${processId}`
  const stat = readFileSync(`${folder}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])
  const usage = { liveMs: 0, allMs: (ticks * 1000) / TICKS_PER_SECOND, wakeUps: 0, preemptions: 0 }
  for (const thread of readdirSync(`${folder}/task`)) {
    const status = readFileSync(`${folder}/task/${thread}/status`, 'latin1')
    const [nanoseconds] = readFileSync(`${folder}/task/${thread}/schedstat`, 'latin1').split(' ')
    usage.liveMs += Number(nanoseconds) / 1e6
    usage.wakeUps += numberAfter(status, 'voluntary_ctxt_switches')
    usage.preemptions += numberAfter(status, 'nonvoluntary_ctxt_switches')
  }
  return usage
}

function numberAfter(lines: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(lines)?.[1])
}
