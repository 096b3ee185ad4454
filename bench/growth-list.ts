/**
 * `landfast machine list` of a large registry: how long it takes and how much memory it needs.
 *
 * @module
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROGRAM = fileURLToPath(new URL('../packages/cli/bin/landfast.js', import.meta.url))

const POLL_MILLISECONDS = 50

/** What one list took. */
export interface ListResult {
  /** Lines that it printed, its heading among them. */
  lines: number
  seconds: number
  peakBytes: number
}

/** Lists all machines as the administrator of `administratorFile`; `folder` is for its login. */
export async function listMachines(administratorFile: string, folder: string): Promise<ListResult> {
  const env = { ...process.env, XDG_CONFIG_HOME: folder }
  await promisify(execFile)(process.execPath, [PROGRAM, 'login', '--administrator', administratorFile], {
    env,
  })
  const began = performance.now()
  const list = spawn(process.execPath, [PROGRAM, 'machine', 'list'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(list, 'exit')
  const [peakBytes, lines] = await Promise.all([watchPeak(list), countLines(list)])
  const [code] = await ended
  if (code !== 0) throw new Error(`landfast machine list ended with ${code}`)
  return { lines, seconds: (performance.now() - began) / 1000, peakBytes }
}

async function countLines({ stdout }: ChildProcess): Promise<number> {
  let lines = 0
  if (stdout) for await (const _ of createInterface(stdout)) lines += 1
  return lines
}

/** The kernel keeps the peak, so that what lies between two looks is not lost. */
async function watchPeak(child: ChildProcess): Promise<number> {
  let peak = 0
  while (child.exitCode === null && child.signalCode === null) {
    peak = Math.max(peak, peakOf(child.pid))
    await setTimeout(POLL_MILLISECONDS)
  }
  return peak
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
