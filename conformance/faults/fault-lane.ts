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
import { type ClientProgram, runClient } from '../client-process.ts'
import { coverFolders } from '../own-folders.ts'
import type { FaultCell } from './fault-cell.ts'
import { DURATIONS, type Duration, lasting, type Trial } from './trials.ts'

/** A client that has not given up by then waits, as far as the page is concerned. */
const DEADLINE_MILLISECONDS = 120_000

const MESSAGE_MAX_CHARACTERS = 300

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
  env: Readonly<Record<string, string>>,
): Promise<Pick<FaultCell, 'outcome' | 'seconds' | 'message'>> {
  const request = {
    client: lane.client,
    credential: 'managed-identity' as const,
    resource: 'https://vault.azure.net',
    selector: null,
    calls: 1,
  }
  try {
    const { outcome, seconds, error } = await runClient(program, request, env, DEADLINE_MILLISECONDS)
    const message = (error ?? '').replaceAll(/\s+/g, ' ').slice(0, MESSAGE_MAX_CHARACTERS)
    return { outcome: outcome === 'unsupported' ? 'not run' : outcome, seconds, message }
  } catch (error) {
    const { killed, message } = error as Error & { killed?: boolean }
    return {
      outcome: killed ? 'waiting' : 'broken',
      seconds: DEADLINE_MILLISECONDS / 1000,
      message: killed ? '' : message.slice(0, MESSAGE_MAX_CHARACTERS),
    }
  }
}
