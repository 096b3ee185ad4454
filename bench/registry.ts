/**
 * Whether a registry of a million machines is asked as fast as one of ten thousand, on each database, and by which
 * plans.
 *
 * @see docs/performance.md
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type Beat, commitBeats } from '../packages/control-plane/src/onboarding/heartbeat-commit.ts'
import type { KnownKey } from '../packages/control-plane/src/onboarding/known-keys.ts'
import { sweepDisconnected } from '../packages/control-plane/src/onboarding/presence-sweep.ts'
import { createClientDirectory } from '../packages/control-plane/src/registry/clients.ts'
import {
  findMachineResource,
  listMachineResources,
} from '../packages/control-plane/src/registry/machine-resource.ts'
import { migrate } from '../packages/control-plane/src/storage/migrations.ts'
import { openStorage } from '../packages/control-plane/src/storage/open-storage.ts'
import type { Storage } from '../packages/control-plane/src/storage/storage.ts'
import {
  certificateOf,
  clientOf,
  FIRST_HEARTBEAT,
  fillRegistry,
  nonceOf,
  principalOf,
  resourceKeyOf,
  SUBSCRIPTION,
} from '../packages/control-plane/src/testing/filled-registry.ts'
import { startPostgres, whyNoPostgres } from '../packages/control-plane/src/testing/postgres.ts'
import { queryPlans } from '../packages/control-plane/src/testing/query-plans.ts'
import type { Cell, Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { quantile, type Spread, spreadOf } from './statistics.ts'

const SIZES = { small: 10_000, large: 1_000_000 }
const DATABASES = ['SQLite', 'PostgreSQL'] as const
const PAGE_ROWS = 100
const SWEEP_ROWS = 50
const COMMIT_BEATS = 256

/** How often each question is asked in a round, so that a round is a median too. */
const CALLS = 20

/** A filled registry. */
interface Filled {
  storage: Storage
  size: number
  remove(): Promise<void>
}

/** What is asked; `round` makes each call another. */
interface Question {
  name: string
  ask(filled: Filled, call: number): Promise<unknown>
}

const range = (size: number, call: number) => ({
  subscriptionId: SUBSCRIPTION,
  after: resourceKeyOf(Math.trunc((size * (call % 89)) / 100)),
  limit: PAGE_ROWS + 1,
})

const QUESTIONS: readonly Question[] = [
  {
    name: `list: a page of ${PAGE_ROWS} of the subscription`,
    ask: ({ storage, size }, call) => listMachineResources(storage.db, range(size, call)),
  },
  {
    name: `list: a page of ${PAGE_ROWS} of a group`,
    ask: ({ storage, size }, call) => {
      const first = resourceKeyOf(Math.trunc((size * (call % 89)) / 100))
      const groupKey = first.slice(0, first.indexOf('/providers'))
      return listMachineResources(storage.db, { ...range(size, call), groupKey, after: '' })
    },
  },
  {
    name: 'get and status of a machine',
    ask: ({ storage, size }, call) => findMachineResource(storage.db, resourceKeyOf((call * 7919) % size)),
  },
  {
    name: 'client of a token request',
    ask: ({ storage, size }, call) =>
      createClientDirectory(storage).findClient(clientOf((call * 7919) % size)),
  },
  {
    name: 'sweep for Disconnected, nothing to do',
    ask: ({ storage }) => sweepDisconnected(storage.db, new Date(FIRST_HEARTBEAT)),
  },
  {
    name: `sweep for Disconnected, ${SWEEP_ROWS} to do`,
    ask: ({ storage }, call) =>
      storage.append((trx) =>
        sweepDisconnected(trx, new Date(FIRST_HEARTBEAT + 900_000 + SWEEP_ROWS * call + SWEEP_ROWS - 1)),
      ),
  },
  {
    name: `commit of ${COMMIT_BEATS} heartbeats`,
    ask: ({ storage, size }, call) => {
      const beats = Array.from({ length: COMMIT_BEATS }, (_, at) => beat(size, call * COMMIT_BEATS + at))
      return storage.append((trx) => commitBeats(trx, beats, storage))
    },
  },
]

/** Of machines that no sweep has reached, each its first one. */
function beat(size: number, count: number): Beat {
  const i = size - 1 - ((count * 7919) % Math.trunc(size / 2))
  const principalId = principalOf(i)
  const certificateSha256 = certificateOf(i)
  const key = { certificateSha256, identity: { principalId } } as KnownKey
  const nonce = nonceOf(i)
  const time = new Date(FIRST_HEARTBEAT + 300_000 + count)
  const spends = { clientId: principalId, jti: String(count), expiresAt: time }
  return {
    key,
    spends,
    nonce,
    hostName: `host${i}`,
    properties: undefined,
    health: undefined,
    time,
    freshNonce: nonce,
  }
}

/** Measures both databases, or SQLite alone where PostgreSQL is not installed. */
export async function measureRegistry(effort: Effort): Promise<Table[]> {
  const reason = whyNoPostgres()
  const tables: Table[] = []
  for (const database of DATABASES) {
    if (database === 'SQLite' || !reason) tables.push(...(await measureDatabase(database, effort)))
  }
  return tables
}

async function measureDatabase(
  database: (typeof DATABASES)[number],
  { rounds, scale }: Effort,
): Promise<Table[]> {
  const filled: Filled[] = []
  try {
    for (const size of Object.values(SIZES)) filled.push(await open(database, Math.ceil(size * scale)))
    const [small, large] = filled as [Filled, Filled]
    const times = new Map<Question, [number[], number[]]>(QUESTIONS.map((one) => [one, [[], []]]))
    for (let round = 0; round < rounds; round++) {
      for (const [question, [inSmall, inLarge]] of times) {
        inSmall.push(await medianTime(question, small, round))
        inLarge.push(await medianTime(question, large, round))
      }
    }
    const rows = [...times].map(([{ name }, [a, b]]) => rowOf(name, { small: [small, a], large: [large, b] }))
    return [{ title: `Registry on ${database}`, notes: await plans(large, rounds * CALLS), rows }]
  } finally {
    for (const one of filled) await one.remove()
  }
}

/** A registry, and the milliseconds of a question in each round. */
type Times = readonly [filled: Filled, times: readonly number[]]

function rowOf(question: string, found: { small: Times; large: Times }): Record<string, Cell> {
  const [[inSmall, small], [inLarge, large]] = [found.small, found.large]
  const ratio: Spread = spreadOf(large.map((time, round) => time / (small[round] ?? time)))
  return {
    question,
    [`ms, ${inSmall.size.toLocaleString('en')}`]: spreadOf(small),
    [`ms, ${inLarge.size.toLocaleString('en')}`]: spreadOf(large),
    ratio,
  }
}

async function medianTime({ ask }: Question, filled: Filled, round: number): Promise<number> {
  const times: number[] = []
  for (let call = 0; call < CALLS; call++) {
    const before = performance.now()
    await ask(filled, round * CALLS + call)
    times.push(performance.now() - before)
  }
  return quantile(times, 0.5)
}

async function open(database: (typeof DATABASES)[number], size: number): Promise<Filled> {
  process.stderr.write(`bench: ${size.toLocaleString('en')} machines on ${database} …\n`)
  const stateFolder = await mkdtemp(join(tmpdir(), 'landfast-bench-'))
  const server =
    database === 'PostgreSQL' ? await startPostgres({ durable: true, settings: SERVER }) : undefined
  const log = pino({ enabled: false })
  const storage = await openStorage({ stateFolder, log, ...(server && { databaseUrl: server.url() }) })
  await migrate(storage, new Date(0))
  await fillRegistry(storage, size)
  const remove = async () => {
    await storage.close()
    await server?.remove()
    await rm(stateFolder, { recursive: true })
  }
  return { storage, size, remove }
}

/** What anyone would set on a server of 2 cores and a few GB of memory. */
export const SERVER = { shared_buffers: '1GB', max_wal_size: '4GB', random_page_cost: '1.1' }

/** The plan of every statement of every question, as the database tells it. */
async function plans(filled: Filled, call: number): Promise<string[]> {
  const lines: string[] = []
  for (const { name, ask } of QUESTIONS) {
    const told = await queryPlans(filled.storage, (storage) => ask({ ...filled, storage }, call))
    lines.push(`${name}:`, '', '```', ...told, '```', '')
  }
  return lines
}
