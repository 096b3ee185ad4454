/**
 * Two replicas on one PostgreSQL beside one, and two processes that share a port: tokens a second, and the processor time of
 * all of them for a token. The callers are two processes in each case, and machines are the same.
 *
 * @module
 */

import type { ControlPlaneLoad, ControlPlaneLoadResult } from './control-plane-callers.ts'
import type {
  ControlPlaneAnswer,
  ControlPlanePlace,
  ControlPlaneQuestion,
  ControlPlaneStart,
} from './control-plane-server.ts'
import type { Table } from './report.ts'
import { spreadOf } from './statistics.ts'
import { Worker } from './worker.ts'

/** Of each of the two processes of callers. */
const REQUESTS = 1600

type Server = Worker<ControlPlaneQuestion, ControlPlaneAnswer>
type Callers = Worker<ControlPlaneLoad, ControlPlaneLoadResult>

/** A replica that runs. */
interface Replica {
  server: Server
  place: ControlPlanePlace
}

/** What one load found. */
interface ReplicaRound {
  tokensPerSecond: number
  /** Of all replicas together for one token. */
  microseconds: number
  p99Milliseconds: number
}

/** Tokens of one replica and of two, on the database at `databaseUrl`, which has `machines` made by the first. */
export async function measureReplicas(
  { parent, databaseUrl, machines }: { parent: string; databaseUrl: string; machines: number },
  rounds: number,
): Promise<Table> {
  const args = [parent, databaseUrl]
  const first = await startReplica(args, { processor: 1, machines })
  const second = await startReplica(args, { processor: 0, machines: 0 })
  const sharing = await startReplica(args, { processor: 1, machines: 0, port: 0 })
  const port = Number(new URL(sharing.place.url).port)
  const sharing2 = await startReplica(args, { processor: 0, machines: 0, port })
  const callers = [0, 1].map((processor) => new Worker('control-plane-callers.ts', { processor }) as Callers)
  const known = first.place.machines
  const halves = [known.slice(0, known.length / 2), known.slice(known.length / 2)]
  const found = { one: [] as ReplicaRound[], two: [] as ReplicaRound[], processes: [] as ReplicaRound[] }
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const [name, replicas] of [
        ['one', [first, first]],
        ['two', [first, second]],
        ['processes', [sharing, sharing2]],
      ] as const) {
        const result = await measureRound(replicas, { callers, halves })
        // The first round warms up.
        if (round > 0) found[name].push(result)
      }
    }
  } finally {
    await Promise.all(
      [...callers, ...[first, second, sharing, sharing2].map(({ server }) => server)].map((worker) =>
        worker.stop(),
      ),
    )
  }
  return tableOf(found)
}

async function startReplica(
  args: readonly string[],
  { processor, ...start }: { processor: number } & ControlPlaneStart,
): Promise<Replica> {
  const server: Server = new Worker('control-plane-server.ts', { processor, args })
  return { server, place: (await server.ask({ start })) as ControlPlanePlace }
}

/** Each process of callers asks the replica at its own place in the list for its half of the machines. */
async function measureRound(
  replicas: readonly [Replica, Replica],
  { callers, halves }: { callers: readonly Callers[]; halves: readonly ControlPlanePlace['machines'][] },
): Promise<ReplicaRound> {
  const before = await processorTime(replicas)
  const loads = callers.map((caller, index) => {
    const { url, ca } = (replicas[index] ?? replicas[0]).place
    const machines = halves[index] ?? []
    return caller.ask({ what: 'token', url, ca, machines, requests: REQUESTS, connections: 'kept' })
  })
  const results = await Promise.all(loads)
  const spent = (await processorTime(replicas)) - before
  return {
    tokensPerSecond: results.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0),
    microseconds: spent / (REQUESTS * callers.length),
    p99Milliseconds: Math.max(...results.map(({ p99Milliseconds }) => p99Milliseconds)),
  }
}

async function processorTime(replicas: readonly Replica[]): Promise<number> {
  const servers = [...new Set(replicas.map(({ server }) => server))]
  const times = await Promise.all(servers.map((server) => server.ask('processor time')))
  return times.reduce<number>((sum, time) => sum + Number(time), 0)
}

function tableOf(found: Record<'one' | 'two' | 'processes', readonly ReplicaRound[]>): Table {
  const { one, two, processes } = found
  const row = (replicas: string, rounds: readonly ReplicaRound[]) => ({
    replicas,
    'tokens/s': spreadOf(rounds.map(({ tokensPerSecond }) => tokensPerSecond)),
    'ratio to one': spreadOf(
      rounds.map(({ tokensPerSecond }, round) => tokensPerSecond / (one[round]?.tokensPerSecond ?? 1)),
    ),
    'processor µs of the replicas for a token': spreadOf(rounds.map(({ microseconds }) => microseconds)),
    'p99 ms': spreadOf(rounds.map(({ p99Milliseconds }) => p99Milliseconds)),
  })
  return {
    title: 'Replicas, PostgreSQL, callers and database on the same two processors',
    rows: [row('one', one), row('two', two), row('two processes that share a port', processes)],
    notes: ['One replica has one processor; of two, the second has that of half the callers.'],
  }
}
