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
import type { ClientProgram } from '../client-process.ts'
import { coverFolders } from '../own-folders.ts'
import { type AskedClient, askClient } from './asked-client.ts'
import type { FaultCell, Met } from './fault-cell.ts'
import { IDENTITIES, meetIdentities } from './identity-trials.ts'
import { judgeMet } from './own-failure.ts'
import { placeEndpoint } from './placed-endpoint.ts'
import { countRequests } from './request-count.ts'
import { IDENTITY_STYLE, lasting, type Part, type Trial } from './trials.ts'

/** What one lane tries. */
export interface FaultLane {
  program: Omit<ClientProgram, 'home'>
  client: string
  version: string
  language: string
  trials: readonly Trial[]
  /** Whether it meets an identity that comes and goes as well. */
  withIdentities: boolean
}

const [, , laneText = '', folder = ''] = process.argv
const lane: FaultLane = JSON.parse(laneText)
execFileSync('ip', ['link', 'set', 'lo', 'up'], { stdio: ['ignore', 'ignore', 'inherit'] })
await coverFolders()
for (const [style, trials] of Map.groupBy(lane.trials, (trial) => trial.style)) await tryAll(style, trials)
if (lane.withIdentities) await tryIdentities()
await endProcess(0)

async function tryAll(style: StyleName, trials: readonly Trial[]): Promise<void> {
  await using emulator = await createEmulator({ style })
  await using place = await placeEndpoint(emulator, style)
  const asked = askedAt(place.variables)
  for (const trial of trials) {
    for (const part of trial.parts) say({ ...trial, part, ...(await meet(emulator, asked, { trial, part })) })
  }
}

async function tryIdentities(): Promise<void> {
  const style = IDENTITY_STYLE
  await using emulator = await createEmulator({ style, identities: IDENTITIES })
  const asked = askedAt(emulator.env)
  const cells = await meetIdentities(emulator, (selector) => askClient(asked, selector))
  for (const cell of cells) say({ ...cell, style, part: 'identity' })
}

async function meet(
  emulator: Emulator,
  asked: AskedClient,
  { trial, part }: { trial: Trial; part: Part },
): Promise<Met> {
  emulator.clearRequests()
  const standing = []
  for (const fault of readFaults(lasting(trial, part))) standing.push(await emulator.fault(fault))
  const ending = await askClient(asked)
  for (const fault of standing) await fault.clear()
  const { requests } = emulator
  const met = { ...ending, requests: countRequests(requests, { standing, style: trial.style }) }
  return judgeMet(met, requests)
}

function askedAt(variables: AskedClient['variables']): AskedClient {
  return { client: lane.client, program: { ...lane.program, home: folder }, variables }
}

function say(met: Met & Pick<FaultCell, 'fault' | 'style' | 'part'>): void {
  const { client, version, language } = lane
  const { fault, style, part, outcome, seconds, requests, message } = met
  const cell: FaultCell = {
    client,
    version,
    language,
    fault,
    style,
    part,
    outcome,
    seconds,
    requests,
    message,
  }
  process.stdout.write(`${JSON.stringify(cell)}\n`)
}
