/**
 * A lane of faults: one client meets every fault, in its own network and file system. Prints each cell as a JSON line.
 *
 * Usage: node fault-lane.ts LANE FOLDER. FOLDER is empty; the caller made it and removes it.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createEmulator, type Emulator } from '@landfast/emulator'
import { readFaults } from '@landfast/emulator/faults'
import type { StyleName } from '@landfast/protocol'
import { endProcess } from '../../packages/cli/src/output.ts'
import { RESOURCE } from '../cases.ts'
import { type ClientProgram, runProgram } from '../client-process.ts'
import type { ClientReport } from '../client-report.ts'
import { coverFolders } from '../own-folders.ts'
import type { FaultCell } from './fault-cell.ts'
import { DURATIONS, type Duration, lasting, type Trial } from './trials.ts'

/** A client that has not given up by then waits, as far as the page is concerned. */
const DEADLINE_MILLISECONDS = 120_000

const MESSAGE_MAX_CHARACTERS = 300

const TOKEN = /eyJ[\w-]+\.eyJ/

/** Said in place of such a message. */
const SHOWS_TOKEN = 'its message has the whole answer in it, with the token'

/** What one lane tries. */
export interface FaultLane {
  program: Omit<ClientProgram, 'home'>
  client: string
  version: string
  trials: readonly Trial[]
}

const [, , laneText = '', folder = ''] = process.argv
const lane: FaultLane = JSON.parse(laneText)
execFileSync('ip', ['link', 'set', 'lo', 'up'], { stdio: ['ignore', 'ignore', 'inherit'] })
await coverFolders()
for (const [style, trials] of Map.groupBy(lane.trials, (trial) => trial.style)) await tryAll(style, trials)
await endProcess(0)

async function tryAll(style: StyleName, trials: readonly Trial[]): Promise<void> {
  await using emulator = await createEmulator({ style })
  for (const trial of trials) {
    for (const duration of DURATIONS) {
      const cell = await meet(emulator, trial, duration)
      process.stdout.write(`${JSON.stringify(cell)}\n`)
    }
  }
}

async function meet(emulator: Emulator, trial: Trial, duration: Duration): Promise<FaultCell> {
  const { client, version, program } = lane
  emulator.clearRequests()
  const standing = []
  for (const fault of readFaults(lasting(trial, duration))) standing.push(await emulator.fault(fault))
  const { outcome, seconds, message } = await run({ ...program, home: folder }, emulator.env)
  for (const fault of standing) await fault.clear()
  const isArc = trial.style === 'arc'
  const requests = emulator.requests.filter(({ isAnswerToChallenge }) => !isArc || isAnswerToChallenge)
  return {
    client,
    version,
    fault: trial.fault,
    duration,
    outcome,
    seconds,
    requests: requests.length,
    message,
  }
}

async function run(
  program: ClientProgram,
  variables: Readonly<Record<string, string>>,
): Promise<Pick<FaultCell, 'outcome' | 'seconds' | 'message'>> {
  const request = {
    client: lane.client,
    credential: 'managed-identity' as const,
    resource: program.resource ?? RESOURCE,
    selector: null,
    calls: 1,
  }
  const startedAt = performance.now()
  const asked = { request, variables, timeout: DEADLINE_MILLISECONDS }
  try {
    return readOutcome(await runProgram(program, asked))
  } catch (error) {
    const seconds = (performance.now() - startedAt) / 1000
    const { killed, message } = error as Error & { killed?: boolean }
    return killed
      ? { outcome: 'waiting', seconds, message: '' }
      : { outcome: 'broken', seconds, message: shortened(message) }
  }
}

/** A fault may make a client show its token; that is told, and the token is not. */
function readOutcome(stdout: string): Pick<FaultCell, 'outcome' | 'seconds' | 'message'> {
  const { outcome, seconds, error } = JSON.parse(stdout) as ClientReport
  const showsToken = TOKEN.test(stdout)
  const message = showsToken ? SHOWS_TOKEN : shortened(error ?? '')
  return { outcome: outcome === 'unsupported' ? 'not run' : outcome, seconds, message }
}

function shortened(message: string): string {
  return message.replaceAll(/\s+/g, ' ').slice(0, MESSAGE_MAX_CHARACTERS)
}
