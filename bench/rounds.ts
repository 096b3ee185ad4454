/**
 * Measures several servers against each other: all of them run all the time, and each round asks every one in
 * turn, forwards and backwards, so that a busy moment of the machine falls on all.
 *
 * @module
 */

import type { GrowthEffort } from './growth-report.ts'
import type { Load, LoadResult } from './handshake-callers.ts'
import type { ServerAnswer, ServerQuestion, ServerSetup } from './handshake-server.ts'
import type { KeyWay } from './key-ways.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { Worker } from './worker.ts'

/** Flags of the callers' Node: more room for garbage, so that collecting it seldom stops them. */
const CALLERS_FLAGS = ['--max-semi-space-size=64']

/** Who answers and who asks do not take each other's processor. */
const SERVER_PROCESSOR = 1
const CALLERS_PROCESSOR = 0

/** How long and how often. */
export interface Effort {
  rounds: number
  /** Of one load on one server. */
  measureMs: number
  /** How many other sockets the host is given, where they matter. */
  sockets: number
  /** Of the requests and machines of parts that count them; 1 is as many as give figures. */
  scale: number
  growth: GrowthEffort
}

/** One server to be measured. */
export interface Contender {
  name: string
  way: KeyWay
  caller?: 'constant'
  /** Path of its policy file. */
  policy?: string
}

/** What servers are compared under. */
export interface Conditions extends Pick<Load, 'callers' | 'style' | 'connections'> {
  /** Where they keep what they write. */
  folder: string
  effort: Effort
}

/** Absolute figures of a contender, and its ratios to the first one of the same round. */
export interface Standing {
  name: string
  handshakesPerSecond: Spread
  p50Microseconds: Spread
  p99Microseconds: Spread
  /** Of the server's process for one handshake. */
  processorMicroseconds: Spread
  /** Share of one processor that the server's process used: near 1, it is what the rate is bounded by. */
  processorShare: Spread
  rateRatio: Spread
  p99Ratio: Spread
  processorRatio: Spread
}

interface Running {
  name: string
  port: number
  server: Worker<ServerQuestion, ServerAnswer>
  measured: Measured[]
}

interface Measured extends LoadResult {
  processorMicroseconds: number
}

/** The least that lets the machine settle on one server and its code. */
const WARM_UP_MS = 100

/** Before the first round: the compiler has had its say. */
const FIRST_WARM_UP_MS = 1500

/** Measures `contenders`; the first is what the others are compared with. */
export async function compare(
  contenders: readonly Contender[],
  { folder, effort, ...asked }: Conditions,
): Promise<Standing[]> {
  const client = new Worker<Load, LoadResult>('handshake-callers.ts', {
    processor: CALLERS_PROCESSOR,
    flags: CALLERS_FLAGS,
  })
  const running: Running[] = []
  try {
    for (const contender of contenders) running.push(await startServer(contender, asked.style, folder))
    const load = { ...asked, warmUpMs: FIRST_WARM_UP_MS, measureMs: WARM_UP_MS }
    for (const { port } of running) await client.ask({ ...load, port })
    for (let round = 0; round < effort.rounds; round++) {
      for (const one of round % 2 ? running.toReversed() : running) {
        one.measured.push(await measure(client, one, { ...asked, measureMs: effort.measureMs }))
      }
    }
    return running.map((one) => standingOf(one, running[0] ?? one))
  } finally {
    await Promise.all([client, ...running.map(({ server }) => server)].map((worker) => worker.stop()))
  }
}

async function startServer(
  { name, ...setup }: Contender,
  style: Load['style'],
  folder: string,
): Promise<Running> {
  const server = new Worker<ServerQuestion, ServerAnswer>('handshake-server.ts', {
    processor: SERVER_PROCESSOR,
    args: [JSON.stringify({ ...setup, style, folder } satisfies ServerSetup)],
  })
  return { name, server, port: await server.ask('start'), measured: [] }
}

async function measure(
  client: Worker<Load, LoadResult>,
  { port, server }: Running,
  load: Omit<Load, 'port' | 'warmUpMs'>,
): Promise<Measured> {
  const before = await server.ask('processor time')
  const result = await client.ask({ ...load, port, warmUpMs: WARM_UP_MS })
  const spent = (await server.ask('processor time')) - before
  return { ...result, processorMicroseconds: spent / result.all }
}

function standingOf({ name, measured }: Running, first: Running): Standing {
  const spread = (of: (one: Measured) => number) => spreadOf(measured.map(of))
  const ratio = (of: (one: Measured) => number) =>
    spreadOf(measured.map((one, round) => of(one) / of(first.measured[round] ?? one)))
  return {
    name,
    handshakesPerSecond: spread((one) => one.handshakesPerSecond),
    p50Microseconds: spread((one) => one.p50Microseconds),
    p99Microseconds: spread((one) => one.p99Microseconds),
    processorMicroseconds: spread((one) => one.processorMicroseconds),
    processorShare: spread((one) => (one.processorMicroseconds * one.handshakesPerSecond) / 1_000_000),
    rateRatio: ratio((one) => one.handshakesPerSecond),
    p99Ratio: ratio((one) => one.p99Microseconds),
    processorRatio: ratio((one) => one.processorMicroseconds),
  }
}
