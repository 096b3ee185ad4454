/**
 * Lanes run side by side, each in its own namespaces: one client, one version, one credential.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { UNSHARE } from '../test/namespaces.ts'
import type { Cell } from './cell.ts'
import type { ClientProgram } from './client-process.ts'
import type { Place } from './known-differences.ts'

const PROGRAM = fileURLToPath(new URL('lane-program.ts', import.meta.url))

/** What one lane tries. */
export interface Lane {
  program: Omit<ClientProgram, 'home'>
  places: readonly Place[]
}

/** What a lane's processes leave behind ends with it. */
const OWN_PROCESSES = ['--pid', '--fork', '--kill-child', '--mount-proc']

/** Runs `lane`; `onCell` is told each cell as it comes. Cells that do not come are red. */
export async function runLane(lane: Lane, onCell: (cell: Cell) => void): Promise<void> {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=source']
  const [file = '', ...args] = [...UNSHARE, ...OWN_PROCESSES, ...node, PROGRAM, JSON.stringify(lane)]
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (part: Buffer) => {
    said += part.toString()
  })
  let came = 0
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    came += 1
    onCell(JSON.parse(line))
  })
  await Promise.all([once(lines, 'close'), once(child, 'close')])
  const reason = `the lane broke: ${said.trim().split('\n').slice(-8).join(' ')}`
  for (const place of lane.places.slice(came)) onCell({ ...place, colour: 'red', reason })
}
