/**
 * What a control plane gives for one processor: tokens beside OpenSSL's bare signatures, broken down by cost, and
 * heartbeats over connections that are kept and that are new; then registrations beside the disk.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import { HEARTBEAT_SECONDS } from '@landfast/protocol'
import { query, startPostgres, whyNoPostgres } from '../packages/control-plane/src/testing/postgres.ts'
import { takeLock } from '../scripts/lock.ts'
import { makeStage } from '../scripts/stage.ts'
import type { ControlPlaneLoad, ControlPlaneLoadResult } from './control-plane-callers.ts'
import type { ControlPlaneAnswer, ControlPlanePlace, ControlPlaneQuestion } from './control-plane-server.ts'
import { opensslSignsPerSecond } from './openssl-speed.ts'
import { measureRegistrations } from './registrations.ts'
import { measureReplicas } from './replicas.ts'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { spreadOf } from './statistics.ts'
import { Worker } from './worker.ts'

/** On whose disk it is measured: temporary folders are often in memory. */
const ROOT = fileURLToPath(new URL('..', import.meta.url))

const SERVER_PROCESSOR = 1
const CALLERS_PROCESSOR = 0

/** Each on a connection of its own, so that commits are shared as by as many agents at once. */
const MACHINES = 32

/** A round of requests is over in a second or two. */
const REQUESTS = 3200
const REQUESTS_OF_NEW_CONNECTIONS = 960
const SIGNATURES = 2000
const OPENSSL_SECONDS = 2
const ROUNDS_MAX = 9

/** V8 goes on compiling for some 20,000 tokens, which a service is past in its first minutes: 5 % of a token in the first loads, 2 % after these. */
const WARM_UP_LOADS = 6

/** Tokens, registrations and heartbeats. */
export async function measureControlPlane({ rounds, scale }: Effort): Promise<Table[]> {
  using _lock = takeLock(ROOT, 'bench')
  using stage = makeStage(ROOT, 'bench')
  const { folder } = stage
  const effort = { rounds: Math.min(rounds, ROUNDS_MAX), scale }
  const registrations = await measureRegistrations(folder, effort)
  return [...(await onSqlite(folder, effort)), registrations, ...(await onPostgres(folder, effort))]
}

type Share = Pick<Effort, 'rounds' | 'scale'>

async function onSqlite(parent: string, { rounds, scale }: Share): Promise<Table[]> {
  const bench = await openBench([parent], scale)
  try {
    return [await measureTokens(bench, rounds, 'SQLite')]
  } finally {
    await bench.stop()
  }
}

async function onPostgres(parent: string, { rounds, scale }: Share): Promise<Table[]> {
  const lacking = whyNoPostgres()
  if (lacking !== undefined) {
    process.stderr.write(`bench: without PostgreSQL: ${lacking}\n`)
    return []
  }
  const postgres = await startPostgres({ durable: true })
  const bench = await openBench([parent, postgres.url()], scale)
  try {
    const tokens = await measureTokens(bench, rounds, 'PostgreSQL')
    const heartbeats = await measureHeartbeats(bench, rounds, postgres.url())
    return [tokens, heartbeats]
  } finally {
    await bench.stop()
    await postgres.remove()
  }
}

/** Several processes on one database, of their own. */
export async function measureProcesses(effort: Effort): Promise<Table[]> {
  const lacking = whyNoPostgres()
  if (lacking !== undefined) throw new Error(`replicas need PostgreSQL: ${lacking}`)
  using _lock = takeLock(ROOT, 'bench')
  using stage = makeStage(ROOT, 'bench')
  const postgres = await startPostgres({ durable: true })
  try {
    const database = { databaseUrl: postgres.url(), databasePid: postgres.pid }
    return [await measureReplicas({ parent: stage.folder, ...database }, effort)]
  } finally {
    await postgres.remove()
  }
}

/** A server and its callers. */
interface Bench extends ControlPlanePlace {
  /** Microseconds of the server's processor time for one request, with what the callers saw. */
  load(
    wanted: Omit<ControlPlaneLoad, keyof ControlPlanePlace>,
  ): Promise<ControlPlaneLoadResult & { microseconds: number }>
  /** Microseconds of one signature. */
  sign(): Promise<number>
  /** The same of one that OpenSSL makes by itself. */
  openssl(): number
  stop(): Promise<void>
}

async function openBench(args: readonly string[], scale: number): Promise<Bench> {
  const server = new Worker<ControlPlaneQuestion, ControlPlaneAnswer>('control-plane-server.ts', {
    processor: SERVER_PROCESSOR,
    args,
  })
  const callers = new Worker<ControlPlaneLoad, ControlPlaneLoadResult>('control-plane-callers.ts', {
    processor: CALLERS_PROCESSOR,
  })
  const place = (await server.ask({ start: { machines: MACHINES } })) as ControlPlanePlace
  const time = async (question: ControlPlaneQuestion) => Number(await server.ask(question))
  return {
    ...place,
    load: async (wanted) => {
      const requests = Math.max(MACHINES, Math.round(wanted.requests * scale))
      const before = await time('processor time')
      const result = await callers.ask({ ...place, ...wanted, requests })
      return { ...result, microseconds: ((await time('processor time')) - before) / requests }
    },
    sign: async () => {
      const signatures = Math.ceil(SIGNATURES * scale)
      return (await time({ sign: signatures })) / signatures
    },
    openssl: () => 1_000_000 / opensslSignsPerSecond(SERVER_PROCESSOR, OPENSSL_SECONDS * scale),
    stop: async () => {
      await Promise.all([server.stop(), callers.stop()])
    },
  }
}

/** What one round found; microseconds of the server's processor. */
interface TokenRound {
  openssl: number
  signing: number
  document: number
  token: number
  tokensPerSecond: number
  p99Milliseconds: number
}

async function measureTokens(bench: Bench, rounds: number, database: string): Promise<Table> {
  const found: TokenRound[] = []
  for (let load = 0; load < WARM_UP_LOADS; load += 1) {
    await bench.load({ what: 'token', requests: REQUESTS, connections: 'kept' })
  }
  for (let round = 0; round < rounds; round += 1) found.push(await measureTokenRound(bench))
  const spread = (of: (one: TokenRound) => number) => spreadOf(found.map(of))
  const row = (what: string, of: (one: TokenRound) => number, goal = '') => ({
    what,
    'processor µs': spread(of),
    'a second and core': spread((one) => 1_000_000 / of(one)),
    'ratio to openssl': spread((one) => one.openssl / of(one)),
    goal,
  })
  return {
    title: `Tokens, ${database}`,
    rows: [
      row('openssl speed, one RSA 2048 signature', (one) => one.openssl),
      row('the same signature in Node’s thread pool', (one) => one.signing, '≥ 0.90'),
      row('a document without work: TLS kept, HTTP, routing', (one) => one.document),
      row('a whole token request', (one) => one.token, '≥ 0.65'),
      row(
        'what is left: assertion, look-ups, jti and audit',
        (one) => one.token - one.signing - one.document,
      ),
    ],
    notes: [
      `${MACHINES} machines ask at once over connections that are kept: median ${Math.round(spread((one) => one.tokensPerSecond).median)} tokens a second, p99 ${spread((one) => one.p99Milliseconds).median.toFixed(0)} ms.`,
    ],
  }
}

async function measureTokenRound(bench: Bench): Promise<TokenRound> {
  const openssl = bench.openssl()
  const signing = await bench.sign()
  const document = await bench.load({ what: 'document', requests: REQUESTS, connections: 'kept' })
  const token = await bench.load({ what: 'token', requests: REQUESTS, connections: 'kept' })
  return {
    openssl,
    signing,
    document: document.microseconds,
    token: token.microseconds,
    tokensPerSecond: token.requestsPerSecond,
    p99Milliseconds: token.p99Milliseconds,
  }
}

type HeartbeatRound = Awaited<ReturnType<Bench['load']>>

async function measureHeartbeats(bench: Bench, rounds: number, databaseUrl: string): Promise<Table> {
  let nonces = await firstNonces(bench, databaseUrl)
  const found = { kept: [] as HeartbeatRound[], new: [] as HeartbeatRound[], resumed: [] as HeartbeatRound[] }
  for (let round = 0; round <= rounds; round += 1) {
    for (const connections of ['kept', 'new', 'resumed'] as const) {
      const requests = connections === 'kept' ? REQUESTS : REQUESTS_OF_NEW_CONNECTIONS
      const result = await bench.load({ what: 'heartbeat', requests, connections, nonces })
      nonces = [...result.nonces]
      // The first round warms up.
      if (round > 0) found[connections].push(result)
    }
  }
  return {
    title: 'Heartbeats, PostgreSQL, load generator and database on the same two processors',
    rows: [
      heartbeatRow('connections that are kept', found.kept, '3,334 a second'),
      heartbeatRow('each with a new TLS 1.3 connection', found.new, ''),
      heartbeatRow(
        'each with a new connection that resumes its TLS session',
        found.resumed,
        '1,500 a second',
      ),
    ],
  }
}

function heartbeatRow(connections: string, found: readonly HeartbeatRound[], goal: string) {
  const rates = found.map((one) => one.requestsPerSecond)
  return {
    connections,
    'heartbeats/s': spreadOf(rates),
    'machines at one in five minutes': spreadOf(rates.map((rate) => rate * HEARTBEAT_SECONDS)),
    goal,
    'p99 ms': spreadOf(found.map((one) => one.p99Milliseconds)),
    'server µs': spreadOf(found.map((one) => one.microseconds)),
    'callers µs': spreadOf(found.map((one) => one.callersMicroseconds)),
  }
}

async function firstNonces({ machines }: Bench, databaseUrl: string): Promise<string[]> {
  const rows = await query<{ client_id: string; nonce: string }>(
    databaseUrl,
    'select client_id, nonce from presence join principal on principal.id = presence.principal_id',
  )
  const byClient = new Map(rows.map(({ client_id, nonce }) => [client_id, nonce]))
  return machines.map(({ clientId }) => byClient.get(clientId) ?? '')
}
