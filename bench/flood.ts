/**
 * What a machine feels of a flood of wrong assertions in its own name from its own address, and what looking at one costs.
 *
 * @see docs/security.md#floods
 * @module
 */

import { generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { takeLock } from '../scripts/lock.ts'
import { makeStage } from '../scripts/stage.ts'
import type { ControlPlaneLoad, ControlPlaneLoadResult } from './control-plane-callers.ts'
import type { ControlPlaneAnswer, ControlPlanePlace, ControlPlaneQuestion } from './control-plane-server.ts'
import type { Flood, FloodResult } from './flood-callers.ts'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { spreadOf } from './statistics.ts'
import { Worker } from './worker.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const SERVER_PROCESSOR = 1
const CALLERS_PROCESSOR = 0

/** Wrong ones a second. */
const RATES = [0, 25, 250, 2_500] as const

/** Tokens that the machine asks for in a round, one after the other. */
const TOKENS_A_SECOND = 200

const ROUNDS_MAX = 9
const VERIFICATIONS = 2_000

/** The tables of a flood. */
export async function measureFlood({ rounds, measureMs }: Effort): Promise<Table[]> {
  using _lock = takeLock(ROOT, 'bench')
  using stage = makeStage(ROOT, 'bench')
  const effort = Math.min(rounds, ROUNDS_MAX)
  const bench = await openBench(stage.folder)
  try {
    const requests = Math.max(10, Math.ceil((measureMs / 1000) * TOKENS_A_SECOND))
    await bench.round(0, requests)
    const found = RATES.map((): Round[] => [])
    for (let round = 0; round < effort; round += 1) {
      for (const [index, rate] of RATES.entries()) found[index]?.push(await bench.round(rate, requests))
    }
    return [floodTable(found), verificationTable(effort)]
  } finally {
    await bench.stop()
  }
}

interface Round extends ControlPlaneLoadResult {
  wrongPerSecond: number
  throttled: number
  /** Share of one processor that the server's process used. */
  processorShare: number
}

async function openBench(folder: string) {
  const server = new Worker<ControlPlaneQuestion, ControlPlaneAnswer>('control-plane-server.ts', {
    processor: SERVER_PROCESSOR,
    args: [folder],
  })
  const caller = new Worker<ControlPlaneLoad, ControlPlaneLoadResult>('control-plane-callers.ts', {
    processor: CALLERS_PROCESSOR,
  })
  const flooder = new Worker<Flood | 'stop', FloodResult>('flood-callers.ts', {
    processor: CALLERS_PROCESSOR,
  })
  const place = (await server.ask({ start: { machines: 1 } })) as ControlPlanePlace
  const [machine] = place.machines
  if (!machine) throw new Error('the server has no machine')
  const processorTime = async () => Number(await server.ask('processor time'))
  return {
    round: async (perSecond: number, requests: number): Promise<Round> => {
      if (perSecond > 0) await flooder.ask({ ...place, machine, perSecond })
      const [before, began] = [await processorTime(), performance.now()]
      const result = await caller.ask({ ...place, what: 'token', requests, connections: 'kept' })
      const used = (await processorTime()) - before
      const milliseconds = performance.now() - began
      const { seconds, answers } = await flooder.ask('stop')
      const all = Object.values(answers).reduce((sum, count) => sum + count, 0)
      return {
        ...result,
        wrongPerSecond: seconds === 0 ? 0 : all / seconds,
        throttled: all === 0 ? 0 : (answers[429] ?? 0) / all,
        processorShare: used / 1000 / milliseconds,
      }
    },
    stop: async () => {
      await Promise.all([server.stop(), caller.stop(), flooder.stop()])
    },
  }
}

function floodTable(found: readonly Round[][]): Table {
  const rows = RATES.map((rate, index) => {
    const rounds = found[index] ?? []
    const spread = (of: (one: Round) => number) => spreadOf(rounds.map(of))
    return {
      'wrong ones a second': rate,
      'answered a second': spread((one) => one.wrongPerSecond),
      'of those 429': spread((one) => one.throttled),
      'right ones, p50 ms': spread((one) => one.p50Milliseconds),
      'right ones, p99 ms': spread((one) => one.p99Milliseconds),
      'right ones a second': spread((one) => one.requestsPerSecond),
      'processor used': spread((one) => one.processorShare),
    }
  })
  return {
    title: 'A machine that asks for one token after the other beside wrong assertions in its name',
    rows,
    notes: ['Every right request was answered with a token. Flooder and machine share one processor.'],
  }
}

/** What the one verification that each wrong assertion gets costs. */
function verificationTable(rounds: number): Table {
  const kinds = {
    'RSA 2048': generateKeyPairSync('rsa', { modulusLength: 2048 }),
    'RSA 4096': generateKeyPairSync('rsa', { modulusLength: 4096 }),
    'EC P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  }
  const rows = Object.entries(kinds).map(([kind, keys]) => {
    const micros = Array.from({ length: rounds }, () => microsecondsOf(keys))
    return {
      'a signature by': kind,
      µs: spreadOf(micros),
      'a second and core': spreadOf(micros.map((one) => 1_000_000 / one)),
    }
  })
  return { title: 'Signatures that are looked at', rows }
}

function microsecondsOf({ privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): number {
  const input = randomBytes(600)
  const signature = sign('sha256', input, privateKey)
  const before = process.cpuUsage()
  for (let done = 0; done < VERIFICATIONS; done += 1) verify('sha256', input, publicKey, signature)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / VERIFICATIONS
}
