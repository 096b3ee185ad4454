/**
 * The time to an emulator and its first token, in new processes, and its memory.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { spreadOf } from './statistics.ts'

const PROGRAM = fileURLToPath(new URL('emulator-program.ts', import.meta.url))

interface Outcome {
  load: number
  first: number
  second: number
  rssMiB: number
}

/** In as many processes as there are rounds. */
export async function measureEmulator({ rounds }: Effort): Promise<Table[]> {
  const outcomes: Outcome[] = []
  for (let round = 0; round < rounds; round += 1) outcomes.push(await runProgram())
  const of = (what: keyof Outcome) => spreadOf(outcomes.map((outcome) => outcome[what]))
  const rows = [
    { what: 'loading the package, ms', measured: of('load') },
    { what: 'the first createEmulator() of a process to its first token, ms', measured: of('first') },
    { what: 'the second one, ms', measured: of('second') },
    { what: 'memory of the process after both, MiB', measured: of('rssMiB') },
  ]
  return [{ title: 'Emulator', rows }]
}

async function runProgram(): Promise<Outcome> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM])
  return JSON.parse(stdout)
}
