/**
 * Describes the machine on which the bench measures.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** The machine and the moment. */
export interface Machine {
  date: string
  processor: string
  cores: number
  memoryGiB: number
  kernel: string
  node: string
  /** Processes that wanted to run in the last minute before the start; far above 0 means a busy machine. */
  load: number
}

/** The machine that this runs on. */
export function describeMachine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.version,
    load: Number((loadavg()[0] ?? 0).toFixed(1)),
  }
}

/** The kind of file system that holds `folder`, as `/proc/mounts` names it. */
export function fileSystemOf(folder: string): string {
  const mounts = readFileSync('/proc/mounts', 'utf8').trim().split('\n')
  let best: { point: string; kind: string } = { point: '', kind: 'unknown' }
  for (const mount of mounts) {
    const [, point = '', kind = ''] = mount.split(' ')
    const holds = point === '/' || `${folder}/`.startsWith(`${point}/`)
    if (holds && point.length >= best.point.length) best = { point, kind }
  }
  return best.kind
}
