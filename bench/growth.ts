/**
 * A registry of many machines that send heartbeats and ask for tokens for some minutes: what it costs the server and its
 * database, and what grows.
 *
 * @see docs/performance.md
 * @module
 */

import { generateKeyPairSync } from 'node:crypto'
import { fillRegistry } from '../packages/control-plane/src/testing/filled-registry.ts'
import { besidePostgres, type ControlPlaneOnPostgres, openBeside } from './control-plane-on-postgres.ts'
import type { ControlPlanePlace } from './control-plane-server.ts'
import type { GrowthLoad, GrowthLoadResult } from './growth-callers.ts'
import { listMachines } from './growth-list.ts'
import { askWhile } from './growth-questions.ts'
import { type GrowthEffort, growthReport, type Moment } from './growth-report.ts'
import { serverTime, tableSizes, walBytes } from './growth-tables.ts'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { Worker } from './worker.ts'

const CALLERS_PROCESSOR = 0

/** Of the time, for heartbeats alone, so that tokens can be told from them. */
const HEARTBEATS_ALONE = 0.2

/** How long the last heartbeats of a fleet lie apart. */
const HEARTBEATS_SPREAD_MILLISECONDS = 300_000

/** The tables of a growing registry. */
export function measureGrowth({ growth }: Effort): Promise<Table[]> {
  return besidePostgres('growth', {}, async (bench) => {
    const callers: Callers = new Worker('growth-callers.ts', { processor: CALLERS_PROCESSOR })
    try {
      return await measure({ ...bench, callers }, growth)
    } finally {
      await callers.stop()
    }
  })
}

type Callers = Worker<GrowthLoad, GrowthLoadResult>

interface Bench extends ControlPlaneOnPostgres {
  callers: Callers
}

async function measure(bench: Bench, effort: GrowthEffort): Promise<Table[]> {
  const place = (await bench.server.ask({ start: { machines: 0 } })) as ControlPlanePlace
  const privateKey = await fill(bench, place, effort)
  const { machines, minutes, heartbeatsPerSecond, tokensPerSecond } = effort
  const { url, ca, tenantId } = place
  const common = { url, ca, tenantId, privateKey, machines }
  const seconds = minutes * 60
  const load = (tokens: number, share: number) =>
    bench.callers.ask({
      ...common,
      seconds: seconds * share,
      heartbeatsPerSecond,
      tokensPerSecond: tokens,
    })
  const start = await momentOf(bench)
  const alone = await load(0, HEARTBEATS_ALONE)
  const middle = await momentOf(bench)
  const { answers, result: both } = await askBeside(
    bench,
    { machines, subscriptionId: place.subscriptionId },
    () => load(tokensPerSecond, 1 - HEARTBEATS_ALONE),
  )
  const end = await momentOf(bench)
  const list = await listMachines(place.administratorFile ?? '', bench.folder)
  return growthReport({ effort, moments: [start, middle, end], loads: [alone, both], answers, list })
}

/** Resolves to the private key of all machines. */
async function fill(
  bench: Bench,
  { tenantId, subscriptionId }: ControlPlanePlace,
  { machines }: GrowthEffort,
): Promise<string> {
  process.stderr.write(`bench: ${machines.toLocaleString('en')} machines …\n`)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const storage = await openBeside(bench)
  try {
    await fillRegistry(storage, machines, {
      place: { tenantId, subscriptionId },
      publicKey,
      heartbeats: {
        first: Date.now() - HEARTBEATS_SPREAD_MILLISECONDS,
        within: HEARTBEATS_SPREAD_MILLISECONDS,
      },
    })
  } finally {
    await storage.close()
  }
  return String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
}

/** Asks what people ask for as long as the load goes on. */
async function askBeside(
  bench: Bench,
  { subscriptionId, machines }: { subscriptionId: string; machines: number },
  load: () => Promise<GrowthLoadResult>,
) {
  const storage = await openBeside(bench)
  let isOver = false
  try {
    const asking = askWhile({ storage, subscriptionId, machines }, () => isOver)
    // What fails there is thrown when the load is over.
    asking.catch(() => {})
    const result = await load()
    isOver = true
    return { result, answers: await asking }
  } finally {
    isOver = true
    await storage.close()
  }
}

async function momentOf({ postgres, server }: Bench): Promise<Moment> {
  return {
    at: performance.now(),
    serverMicroseconds: Number(await server.ask('processor time')),
    serverBytes: Number(await server.ask('resident bytes')),
    databaseMicroseconds: serverTime(postgres.pid),
    walBytes: await walBytes(postgres.url()),
    tables: await tableSizes(postgres.url()),
  }
}
