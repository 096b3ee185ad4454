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
import { fillRegistry } from '../packages/control-plane/src/testing/filled-registry.ts'
import { besidePostgres, type ControlPlaneOnPostgres, openBeside } from './control-plane-on-postgres.ts'
import type { ControlPlanePlace } from './control-plane-server.ts'
import { exchange } from './exchange.ts'
import { serverTime } from './growth-tables.ts'
import { PORTAL_PAGES } from './portal-pages.ts'
import { fillPeople } from './portal-people.ts'
import type { PortalPlace } from './portal-place.ts'
import { PORTAL_QUESTIONS, type PortalRequest } from './portal-questions.ts'
import { fillPortal, rowsScanned } from './portal-tables.ts'
import { signInToPortal } from './portal-visitor.ts'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { quantile } from './statistics.ts'
import { TELLING_SETTINGS, tellPlans } from './told-plans.ts'

/** How long the last heartbeats of a fleet lie apart, and how far ahead they are: none falls silent while this runs. */
const HEARTBEATS = { within: 300_000, ahead: 7_200_000 } as const

/** Of each question, before its calls are measured and then. */
const CALLS_WARM = 3
const CALLS_MAX = 200

/** The tables of what a portal shows and asks. */
export function measurePortal({ growth: { machines, entries } }: Effort): Promise<Table[]> {
  return besidePostgres('portal', TELLING_SETTINGS, (bench) => measure({ ...bench, machines, entries }))
}

interface Bench extends ControlPlaneOnPostgres {
  machines: number
  /** Of the audit trail, for each machine. */
  entries: number
}

/** What is asked, by its name, at the call of a number; resolves when the answer is whole, to its bytes if they are known. */
interface Question {
  name: string
  ask(call: number): Promise<number | undefined>
}

async function measure(bench: Bench): Promise<Table[]> {
  const { postgres, server, machines, entries } = bench
  const place = (await server.ask({ start: { machines: 0 } })) as ControlPlanePlace
  const filledAt = Date.now()
  await fill(bench, place, filledAt)
  const before = await rowsScanned(postgres.url())
  const account = readAccount(place)
  const ask = await askerAt(place, account)
  const asked = { subscriptionId: place.subscriptionId, machines, filledAt }
  const counted = await waitForCount(ask, asked)
  const { visitor, first } = await signInToPortal({ ...place, ...account })
  const pages = PORTAL_PAGES.map(([name, path]) => ({
    name,
    ask: (call: number) => visitor.visit(path(asked, call)),
  }))
  const requests = PORTAL_QUESTIONS.map(([name, request]) => ({
    name,
    ask: (call: number) => ask(request(asked, call)).then(() => undefined),
  }))
  const pageTimes = await timesOfAll(bench, pages)
  const requestTimes = await timesOfAll(bench, requests)
  const plans = await plansOf(bench, pages)
  // The statistics of a connection are complete once it has ended.
  await server.stop()
  const scans = await scansSince(postgres.url(), before)
  const size = `${machines.toLocaleString('en')} machines and ${(machines * entries).toLocaleString('en')} entries of the audit trail on PostgreSQL`
  return [
    {
      title: `Portal: its pages, with ${size}`,
      rows: pageTimes,
      notes: [
        `Milliseconds from the request to the whole answer, over HTTPS on a kept connection, one after the other, and the processor time of both programs for one call. The first count of all machines took ${(counted / 1000).toFixed(1)} s in the background.`,
      ],
    },
    { title: `Portal: what the pages ask the API, with ${size}`, rows: requestTimes },
    { title: 'Portal: the plan of the slowest statement of each page', rows: plans },
    { title: 'Portal: rows that the database read without an index, for all of these answers', rows: scans },
    {
      title: 'Portal: what a browser loads at its first visit',
      rows: [
        ...first.map((one) => ({ ...one })),
        { what: 'all', bytes: first.reduce((sum, { bytes }) => sum + bytes, 0) },
      ],
    },
  ]
}

async function fill(
  bench: Bench,
  { tenantId, subscriptionId }: ControlPlanePlace,
  filledAt: number,
): Promise<void> {
  const { postgres, machines, entries } = bench
  process.stderr.write(`bench: ${machines.toLocaleString('en')} machines …\n`)
  const storage = await openBeside(bench)
  try {
    await fillRegistry(storage, machines, {
      place: { tenantId, subscriptionId },
      heartbeats: { first: filledAt + HEARTBEATS.ahead, within: HEARTBEATS.within },
    })
  } finally {
    await storage.close()
  }
  process.stderr.write('bench: roles and the audit trail …\n')
  await fillPeople(postgres.url(), { tenantId, subscriptionId })
  await fillPortal(postgres.url(), { filledAt, entries })
}

type Account = Record<'clientId' | 'clientSecret', string>

function readAccount({ administratorFile }: ControlPlanePlace): Account {
  return JSON.parse(readFileSync(administratorFile ?? '', 'utf8'))
}

type Ask = (request: PortalRequest) => Promise<Record<string, unknown>>

/** Asks as the administrator. */
async function askerAt(place: ControlPlanePlace, { clientId, clientSecret }: Account): Promise<Ask> {
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

async function timesOfAll(bench: Bench, questions: readonly Question[]) {
  const rows = []
  for (const question of questions) {
    process.stderr.write(`bench: ${question.name} …\n`)
    rows.push({ question: question.name, ...(await timesOf(bench, question)) })
  }
  return rows
}

async function timesOf({ server, postgres, machines }: Bench, { ask }: Question) {
  const calls = Math.min(CALLS_MAX, machines)
  for (let call = 0; call < CALLS_WARM; call += 1) await ask(calls + call)
  const times: number[] = []
  let bytes: number | undefined
  const processor = async () =>
    [Number(await server.ask('processor time')), serverTime(postgres.pid)] as const
  const before = await processor()
  for (let call = 0; call < calls; call += 1) {
    const began = performance.now()
    bytes = await ask(call)
    times.push(performance.now() - began)
  }
  const after = await processor()
  const spent = (index: 0 | 1) => (after[index] - before[index]) / calls / 1000
  return {
    'p50 ms': quantile(times, 0.5),
    'p99 ms': quantile(times, 0.99),
    'server: processor ms': spent(0),
    'database: processor ms': spent(1),
    ...(bytes !== undefined && { kB: bytes / 1000 }),
  }
}

async function plansOf({ postgres, machines }: Bench, questions: readonly Question[]) {
  // About a machine that was not asked for yet.
  const call = Math.min(CALLS_MAX, machines) + CALLS_WARM
  const told = await tellPlans(
    postgres,
    questions.map(
      ({ ask }) =>
        () =>
          ask(call),
    ),
  )
  return told.map((plans, at) => {
    const [slowest] = plans.toSorted((one, other) => other.milliseconds - one.milliseconds)
    return {
      question: questions[at]?.name ?? '',
      statements: String(plans.length),
      ms: slowest?.milliseconds ?? 0,
      plan: slowest?.plan ?? '',
    }
  })
}

async function scansSince(url: string, before: ReadonlyMap<string, number>) {
  const after = await rowsScanned(url)
  return [...after].map(([table, read]) => ({ table, rows: read - (before.get(table) ?? 0) }))
}
