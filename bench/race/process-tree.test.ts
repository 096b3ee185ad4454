import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { memoryMiB, microsecondsBetween, processorTimes, processTree } from './process-tree.ts'

/** What the kernel would tell of processes: their parents, and the times of their threads. */
function procOf(processes: Record<number, { parent: number; name?: string; threads: object; kib?: number }>) {
  const proc = mkdtempSync(join(tmpdir(), 'landfast-race-test-'))
  onTestFinished(() => rmSync(proc, { recursive: true }))
  mkdirSync(join(proc, 'sys'))
  for (const [pid, { parent, name = 'program', threads, kib = 0 }] of Object.entries(processes)) {
    for (const [thread, nanoseconds] of Object.entries(threads)) {
      const task = join(proc, pid, 'task', thread)
      mkdirSync(task, { recursive: true })
      writeFileSync(join(task, 'schedstat'), `${nanoseconds} 77 3\n`)
    }
    writeFileSync(join(proc, pid, 'stat'), `${pid} (${name}) S ${parent} ${pid} 1 0\n`)
    writeFileSync(join(proc, pid, 'smaps_rollup'), `Rss: 99999 kB\nPss: ${kib} kB\nPss_Anon: 1 kB\n`)
  }
  return proc
}

test('a tree is a process with all that it started, whatever they are called', () => {
  const proc = procOf({
    10: { parent: 1, threads: { 10: 0 } },
    11: { parent: 10, name: 'a) S 1 (b', threads: { 11: 0 } },
    12: { parent: 11, threads: { 12: 0 } },
    13: { parent: 1, threads: { 13: 0 } },
  })
  expect(processTree(10, proc).toSorted()).toEqual([10, 11, 12])
})

test('processor time is that of all threads of the tree, and one that ended takes nothing off it', () => {
  const before = procOf({
    10: { parent: 1, threads: { 10: 5000, 20: 900_000 } },
    11: { parent: 10, threads: { 11: 1000 } },
  })
  const after = procOf({
    10: { parent: 1, threads: { 10: 7000 } },
    11: { parent: 10, threads: { 11: 1500, 21: 500 } },
    30: { parent: 1, threads: { 30: 1_000_000 } },
  })
  expect(microsecondsBetween(processorTimes(10, before), processorTimes(10, after))).toBe(3)
})

test('memory counts once what the processes of a tree share', () => {
  const proc = procOf({
    10: { parent: 1, threads: { 10: 0 }, kib: 1024 },
    11: { parent: 10, threads: { 11: 0 }, kib: 512 },
  })
  expect(memoryMiB(10, proc)).toBe(1.5)
})
