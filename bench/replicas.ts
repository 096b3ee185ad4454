/**
 * Processes that serve one PostgreSQL, by processor time: one, two, four and eight of them, each with as many callers as the
 * first. Where there are fewer processors than processes, what one token costs says what as many processors would give.
 *
 * @module
 */

import type { CallersAnswer, CallersQuestion } from './control-plane-callers.ts'
import type {
  ControlPlaneAnswer,
  ControlPlanePlace,
  ControlPlaneQuestion,
  ControlPlaneStart,
} from './control-plane-server.ts'
import { processorTimeOf } from './processor-time.ts'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { spreadOf } from './statistics.ts'
import { Worker } from './worker.ts'

/** How many serve at a time. */
const PROCESSES = [1, 2, 4, 8] as const

/** However small the scale is, one is compared with two. */
const LEAST = 2
const MOST = Math.max(...PROCESSES)

/** Of each process, so that requests meet in it as they would with a processor for each. */
const CALLERS_OF_EACH = 32

/** Of each process in a load. */
const REQUESTS_OF_EACH = 640

/** As the command gives each of eight. */
const DATABASE_CONNECTIONS = 5

/** Some 15 seconds each. */
const ROUNDS_MAX = 5

const GOAL = '≥ 0.85'

type Server = Worker<ControlPlaneQuestion, ControlPlaneAnswer>
type Callers = Worker<CallersQuestion, CallersAnswer>

/** A process that serves, and where. */
interface Serving {
  server: Server
  place: ControlPlanePlace
}

/** What one load found. */
interface Load {
  tokensPerSecond: number
  /** Of all that serve, for one token. */
  microseconds: number
  /** Of the database, for one token. */
  databaseMicroseconds: number
  p99Milliseconds: number
}

/** What is measured in each round: a name, and the processes that serve then. */
interface Contender {
  name: string
  serving: readonly Serving[]
  found: Load[]
}

/** What all loads have in common. */
interface Setting {
  callers: readonly Callers[]
  machines: ControlPlanePlace['machines']
  databasePid: number
  /** Of each process in a load. */
  requests: number
}

/** Tokens of one to eight processes on the database at `databaseUrl`, whose server is the process `databasePid`. */
export async function measureReplicas(
  { parent, databaseUrl, databasePid }: { parent: string; databaseUrl: string; databasePid: number },
  { rounds, scale }: Pick<Effort, 'rounds' | 'scale'>,
): Promise<Table> {
  const requests = Math.max(CALLERS_OF_EACH, Math.round(REQUESTS_OF_EACH * scale))
  const workers: { stop(): Promise<void> }[] = []
  const start = async (processor: number, wanted: ControlPlaneStart): Promise<Serving> => {
    const server: Server = new Worker('control-plane-server.ts', { processor, args: [parent, databaseUrl] })
    workers.push(server)
    const place = await server.ask({ start: { ...wanted, databaseConnections: DATABASE_CONNECTIONS } })
    return { server, place: place as ControlPlanePlace }
  }
  try {
    const counts = countsAt(scale)
    const contenders = await startContenders(counts, start)
    const callers = Array.from({ length: Math.max(...counts) }, (_, index) => {
      const worker: Callers = new Worker('control-plane-callers.ts', { processor: index % 2 })
      workers.push(worker)
      return worker
    })
    const machines = contenders[0]?.serving[0]?.place.machines ?? []
    await measureRounds(contenders, { callers, machines, databasePid, requests }, rounds)
    return tableOf(contenders)
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}

/** The processes that fit the scale. */
function countsAt(scale: number): readonly number[] {
  return PROCESSES.filter((count) => count <= Math.max(LEAST, MOST * scale))
}

/** The first makes the machines of all. The processors are taken in turn. */
async function startContenders(
  counts: readonly number[],
  start: (processor: number, wanted: ControlPlaneStart) => Promise<Serving>,
): Promise<Contender[]> {
  const most = Math.max(...counts)
  const all = [await start(1, { machines: most * CALLERS_OF_EACH })]
  while (all.length < most) all.push(await start((all.length + 1) % 2, { machines: 0 }))
  const sharing = await start(1, { machines: 0, port: 0 })
  const { port } = new URL(sharing.place.url)
  const other = await start(0, { machines: 0, port: Number(port) })
  return [
    ...counts.map((count) => ({ name: String(count), serving: all.slice(0, count), found: [] })),
    { name: '2 that share a port', serving: [sharing, other], found: [] },
  ]
}

async function measureRounds(
  contenders: readonly Contender[],
  setting: Setting,
  rounds: number,
): Promise<void> {
  for (let round = 0; round <= Math.min(rounds, ROUNDS_MAX); round += 1) {
    for (const { serving, found } of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const load = await measureLoad(serving, setting)
      // The first round warms up.
      if (round > 0) found.push(load)
    }
  }
}

/** Each process of callers asks the serving process at its own place in the list, in the name of its own machines. */
async function measureLoad(
  serving: readonly Serving[],
  { callers, machines, databasePid, requests }: Setting,
): Promise<Load> {
  const asking = serving.map(({ place: { url, ca } }, index) => {
    const own = machines.slice(index * CALLERS_OF_EACH, (index + 1) * CALLERS_OF_EACH)
    const load = { what: 'token', url, ca, machines: own, connections: 'kept' } as const
    return { caller: callers[index], prepare: { ...load, requests } }
  })
  await Promise.all(asking.map(({ caller, prepare }) => caller?.ask({ prepare })))
  const [before, databaseBefore] = [await timeOf(serving), processorTimeOf(databasePid)]
  const answers = await Promise.all(asking.map(({ caller }) => caller?.ask('begin')))
  const results = answers.flatMap((result) => result ?? [])
  const tokens = requests * serving.length
  return {
    tokensPerSecond: results.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0),
    microseconds: ((await timeOf(serving)) - before) / tokens,
    databaseMicroseconds: (processorTimeOf(databasePid) - databaseBefore) / tokens,
    p99Milliseconds: Math.max(...results.map(({ p99Milliseconds }) => p99Milliseconds)),
  }
}

async function timeOf(serving: readonly Serving[]): Promise<number> {
  const times = await Promise.all(serving.map(({ server }) => server.ask('processor time')))
  return times.reduce<number>((sum, time) => sum + Number(time), 0)
}

function tableOf(contenders: readonly Contender[]): Table {
  const [one] = contenders
  const rows = contenders.map(({ name, serving, found }) => {
    const spread = (of: (load: Load, one: Load) => number) =>
      spreadOf(found.map((load, round) => of(load, one?.found[round] ?? load)))
    return {
      processes: name,
      'processor µs of all for a token': spread((load) => load.microseconds),
      'ratio to one': spread((load, first) => first.microseconds / load.microseconds),
      goal: serving.length > 1 ? GOAL : '',
      'tokens/s with a processor for each': spread(
        (load) => (serving.length * 1_000_000) / load.microseconds,
      ),
      'processor µs of the database for a token': spread((load) => load.databaseMicroseconds),
      'tokens/s here': spread((load) => load.tokensPerSecond),
      'p99 ms here': spread((load) => load.p99Milliseconds),
    }
  })
  return {
    title: 'Processes on one PostgreSQL, callers and database on the same processors',
    rows,
    notes: [
      `Each process has ${CALLERS_OF_EACH} callers. “With a processor for each” is processes divided by what a token costs, the database on processors of its own.`,
    ],
  }
}
