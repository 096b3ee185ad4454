/**
 * Runs lanes side by side, each in its own namespaces: one client, one version, one credential.
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
import { UNSHARE } from '../test/namespaces.ts'
import type { Cell } from './cell.ts'
import type { SystemName } from './client-folder.ts'
import type { ClientProgram } from './client-process.ts'
import type { Place } from './known-differences.ts'
import type { WholeProgram } from './programs/whole-program.ts'

const PROGRAM = fileURLToPath(new URL('lane-program.ts', import.meta.url))

/** A program, and the system that its clients run on. */
export interface LaneProgram extends Pick<ClientProgram, 'folder' | 'run' | 'env'> {
  system?: SystemName
  isDriver?: true
  whole?: WholeProgram
  resource?: string
}

/** What one lane tries. */
export interface Lane {
  program: LaneProgram
  places: readonly Place[]
}

/** What a lane's processes leave behind ends with it. */
export const OWN_PROCESSES = ['--pid', '--fork', '--kill-child', '--mount-proc']

/**
 * Runs `lane`; `onCell` is told each cell as it comes. Cells that do not come are red, unless `ending` kept them from
 * coming. Nothing of the lane is left when this returns.
 */
export async function runLane(lane: Lane, onCell: (cell: Cell) => void, ending: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-conformance-'))
  try {
    const { came, said } = await runIn(folder, { lane, onCell, ending })
    const reason = `the lane broke: ${said.trim().split('\n').slice(-8).join(' ')}`
    const missing = ending.aborted ? [] : lane.places.slice(came)
    for (const place of missing) onCell({ ...place, colour: 'red', reason })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** How many cells came, and what the lane said on stderr. */
async function runIn(
  folder: string,
  { lane, onCell, ending }: { lane: Lane; onCell: (cell: Cell) => void; ending: AbortSignal },
): Promise<{ came: number; said: string }> {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=source']
  const [file = '', ...args] = [...UNSHARE, ...OWN_PROCESSES, ...node, PROGRAM, JSON.stringify(lane), folder]
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  // The first process of a PID namespace is deaf to any other signal that it does not wait for.
  const kill = () => child.kill('SIGKILL')
  ending.addEventListener('abort', kill)
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
  ending.removeEventListener('abort', kill)
  return { came, said }
}
