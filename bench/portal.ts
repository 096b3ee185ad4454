/**
 * The API under a portal with many machines and a long audit trail: how long each answer takes, over HTTPS from a control plane of
 * its own process, and how many rows the database read without an index for all of them.
 *
 * @see docs/performance.md
 * @module
 */

import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { openStorage } from '../packages/control-plane/src/storage/open-storage.ts'
import { fillRegistry } from '../packages/control-plane/src/testing/filled-registry.ts'
import {
  type PostgresServer,
  startPostgres,
  whyNoPostgres,
} from '../packages/control-plane/src/testing/postgres.ts'
import { takeLock } from '../scripts/lock.ts'
import { makeStage } from '../scripts/stage.ts'
import type { ControlPlaneAnswer, ControlPlanePlace, ControlPlaneQuestion } from './control-plane-server.ts'
import { exchange } from './exchange.ts'
import { serverTime } from './growth-tables.ts'
import { PORTAL_QUESTIONS, type PortalPlace, type PortalRequest } from './portal-questions.ts'
import { fillPortal, rowsScanned } from './portal-tables.ts'
import { SERVER as SETTINGS } from './registry.ts'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { quantile } from './statistics.ts'
import { Worker } from './worker.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const SERVER_PROCESSOR = 1

/** How long the last heartbeats of a fleet lie apart, and how far ahead they are: none falls silent while this runs. */
const HEARTBEATS = { within: 300_000, ahead: 7_200_000 } as const

/** Of each question, before its calls are measured and then. */
const CALLS_WARM = 3
const CALLS_MAX = 200

/** The tables of what a portal asks. */
export async function measurePortal({ growth: { machines, entries } }: Effort): Promise<Table[]> {
  const lacking = whyNoPostgres()
  if (lacking !== undefined) throw new Error(`portal needs PostgreSQL: ${lacking}`)
  using _lock = takeLock(ROOT, 'bench')
  using stage = makeStage(ROOT, 'bench')
  const postgres = await startPostgres({ durable: true, settings: SETTINGS })
  const server: Server = new Worker('control-plane-server.ts', {
    processor: SERVER_PROCESSOR,
    args: [stage.folder, postgres.url()],
  })
  try {
    return await measure({ postgres, server, folder: stage.folder, machines, entries })
  } finally {
    await server.stop()
    await postgres.remove()
  }
}

type Server = Worker<ControlPlaneQuestion, ControlPlaneAnswer>

interface Bench {
  postgres: PostgresServer
  server: Server
  folder: string
  machines: number
  /** Of the audit trail, for each machine. */
  entries: number
}

async function measure(bench: Bench): Promise<Table[]> {
  const { postgres, server, machines, entries } = bench
  const place = (await server.ask({ start: { machines: 0 } })) as ControlPlanePlace
  const filledAt = Date.now()
  await fill(bench, place, filledAt)
  const before = await rowsScanned(postgres.url())
  const ask = await askerAt(place)
  const asked = { subscriptionId: place.subscriptionId, machines, filledAt }
  const counted = await waitForCount(ask, asked)
  const rows = []
  for (const [name, request] of PORTAL_QUESTIONS) {
    process.stderr.write(`bench: ${name} …\n`)
    rows.push({ question: name, ...(await timesOf(bench, ask, (call) => request(asked, call))) })
  }
  // The statistics of a connection are complete once it has ended.
  await server.stop()
  const scans = await scansSince(postgres.url(), before)
  return [
    {
      title: `Portal: ${machines.toLocaleString('en')} machines and ${(machines * entries).toLocaleString('en')} entries of the audit trail on PostgreSQL`,
      rows,
      notes: [
        `Milliseconds from the request to the whole answer, over HTTPS on a kept connection, one after the other, and the processor time of both programs for one call. The first count of all machines took ${(counted / 1000).toFixed(1)} s in the background.`,
      ],
    },
    { title: 'Portal: rows that the database read without an index, for all of these answers', rows: scans },
  ]
}

async function fill(
  { postgres, folder, machines, entries }: Bench,
  { tenantId, subscriptionId }: ControlPlanePlace,
  filledAt: number,
): Promise<void> {
  process.stderr.write(`bench: ${machines.toLocaleString('en')} machines …\n`)
  const log = pino({ enabled: false })
  const storage = await openStorage({ stateFolder: folder, log, databaseUrl: postgres.url() })
  try {
    await fillRegistry(storage, machines, {
      place: { tenantId, subscriptionId },
      heartbeats: { first: filledAt + HEARTBEATS.ahead, within: HEARTBEATS.within },
    })
  } finally {
    await storage.close()
  }
  process.stderr.write('bench: roles and the audit trail …\n')
  await fillPortal(postgres.url(), { filledAt, entries })
}

type Ask = (request: PortalRequest) => Promise<Record<string, unknown>>

/** Asks as the administrator. */
async function askerAt(place: ControlPlanePlace): Promise<Ask> {
  const { clientId, clientSecret } = JSON.parse(readFileSync(place.administratorFile ?? '', 'utf8'))
  const agent = new Agent({ ca: place.ca, keepAlive: true, maxSockets: 1 })
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: 'https://management.azure.com/.default',
  }
  const { access_token: token } = await exchange(place, agent, {
    path: `/${place.tenantId}/oauth2/v2.0/token`,
    type: 'application/x-www-form-urlencoded',
    body: new URLSearchParams(form).toString(),
  })
  return ({ path, json }) =>
    exchange(place, agent, {
      path,
      token: String(token),
      ...(json && { type: 'application/json', body: JSON.stringify(json) }),
    })
}

/** Resolves to how many milliseconds it was until all machines were counted. */
async function waitForCount(ask: Ask, { subscriptionId }: PortalPlace): Promise<number> {
  const began = performance.now()
  for (;;) {
    const summary = await ask({ path: `/landfast/v1/subscriptions/${subscriptionId}/fleet-summary` })
    if ('machines' in summary) return performance.now() - began
    await setTimeout(100)
  }
}

async function timesOf(
  { server, postgres, machines }: Bench,
  ask: Ask,
  request: (call: number) => PortalRequest,
) {
  const calls = Math.min(CALLS_MAX, machines)
  for (let call = 0; call < CALLS_WARM; call += 1) await ask(request(calls + call))
  const times: number[] = []
  const processor = async () =>
    [Number(await server.ask('processor time')), serverTime(postgres.pid)] as const
  const before = await processor()
  for (let call = 0; call < calls; call += 1) {
    const began = performance.now()
    await ask(request(call))
    times.push(performance.now() - began)
  }
  const after = await processor()
  const spent = (index: 0 | 1) => (after[index] - before[index]) / calls / 1000
  return {
    'p50 ms': quantile(times, 0.5),
    'p99 ms': quantile(times, 0.99),
    'server: processor ms': spent(0),
    'database: processor ms': spent(1),
  }
}

async function scansSince(url: string, before: ReadonlyMap<string, number>) {
  const after = await rowsScanned(url)
  return [...after].map(([table, read]) => ({ table, rows: read - (before.get(table) ?? 0) }))
}
