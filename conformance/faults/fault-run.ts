/**
 * Runs the newest clients against every fault, each in its own namespaces, side by side.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { UNSHARE } from '../../test/namespaces.ts'
import { OWN_PROCESSES } from '../lane.ts'
import { type Choice, readyProgram } from '../plan.ts'
import type { FaultCell } from './fault-cell.ts'
import type { FaultLane } from './fault-lane.ts'
import { IDENTITY_STYLE, TRIALS, type Trial } from './trials.ts'

const PROGRAM = fileURLToPath(new URL('fault-lane.ts', import.meta.url))

/** What a run of faults is told, and tells. */
export interface FaultRun {
  choices: readonly Choice[]
  /** Default: all. */
  trials?: readonly Trial[]
  /** Whether they meet an identity that comes and goes as well. Default: they do. */
  withIdentities?: boolean
  ending: AbortSignal
  progress: (step: string) => void
}

/** Every cell, in the order of the clients. @throws {Error} if a lane broke. */
export async function runFaults({
  choices,
  trials = TRIALS,
  withIdentities = true,
  ending,
  progress,
}: FaultRun): Promise<FaultCell[]> {
  const lanes = choices.flatMap(({ folder, clients }): FaultLane[] => {
    progress(`preparing the clients of ${folder.language}`)
    const program = readyProgram(folder)
    if (typeof program === 'string') throw new Error(`the clients of ${folder.language}: ${program}`)
    return clients.map(({ name: client, version, styles }) => {
      const known = trials.filter(({ style }) => styles.includes(style))
      const { language } = folder
      return {
        program,
        client,
        version,
        language,
        trials: known,
        withIdentities: withIdentities && styles.includes(IDENTITY_STYLE),
      }
    })
  })
  const done = await Promise.all(
    lanes.map(async (lane) => {
      const cells = await runLane(lane, ending)
      progress(`${lane.client} ${lane.version}: ${cells.length} cells`)
      return cells
    }),
  )
  return done.flat()
}

async function runLane(lane: FaultLane, ending: AbortSignal): Promise<FaultCell[]> {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-conformance-'))
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=source']
  const [file = '', ...args] = [...UNSHARE, ...OWN_PROCESSES, ...node, PROGRAM, JSON.stringify(lane), folder]
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = () => child.kill('SIGKILL')
  ending.addEventListener('abort', kill)
  try {
    const cells: FaultCell[] = []
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => cells.push(JSON.parse(line)))
    const [[code]] = await Promise.all([once(child, 'close'), once(lines, 'close')])
    if (code !== 0 && !ending.aborted) throw new Error(`the lane of ${lane.client} broke`)
    return cells
  } finally {
    ending.removeEventListener('abort', kill)
    rmSync(folder, { recursive: true, force: true })
  }
}
