/**
 * The counters of the control plane, for Prometheus. The library is loaded when the page is first read.
 *
 * @see ../../../../docs/metrics.md
 * @module
 */

import type { MetricsPage } from '@landfast/server'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Kysely } from 'kysely'
import type * as Prometheus from 'prom-client'
import type { Authority } from '../authority/authority.ts'
import { AuthorityError } from '../authority/authority-error.ts'
import { TooManyRequests } from '../limits/too-many-requests.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import type { Companions } from './companions.ts'
import { addEnds, type KnownEnds } from './ends.ts'

/** Seconds. Most answers wait for one commit; a request is ended after ten. */
const DURATION_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** How long a count of all machines is good: it reads a row for each. */
const MACHINES_KEPT_MILLISECONDS = 60_000

/** The counters. */
export interface Metrics {
  /** Counts every request to the routes that are added to `server` from now on. */
  observe(server: FastifyInstance): void
  /** `authority`, with every token that it issues or refuses counted. */
  counted(authority: Authority): Authority
  /** What this process and its companions have counted. */
  page(): Promise<MetricsPage>
  /** What this process has counted, for the page of another. */
  counters(): Promise<object[]>
}

/** Counters that begin at zero. Of several processes the first says what is the database's, and all that are counted at each. */
export async function createMetrics(
  storage: Storage,
  ends: KnownEnds,
  companions?: Companions,
): Promise<Metrics> {
  // Bundled, a CommonJS module that is loaded late has its default export only.
  const { default: prometheus } = await import('prom-client')
  const registry = new prometheus.Registry()
  prometheus.collectDefaultMetrics({ register: registry })
  let kept: Kept = []
  const { requests, seconds, tokens } = createCounters(prometheus, [registry])
  addConnections(prometheus, registry, storage)
  if (companions?.isFirst !== false) {
    addMachines(prometheus, registry, storage)
    addEnds(prometheus, registry, ends)
  }
  return {
    observe: (server) => {
      server.addHook('onResponse', async (request, reply) => {
        // The route as it was declared: a path would make a series for each machine.
        const { url: route = 'none', method = request.method } = request.routeOptions
        const labels = { route, method: String(method) }
        requests.inc({ ...labels, status: reply.statusCode })
        // A stream goes on for as long as somebody looks.
        if (!isStream(reply)) seconds.observe(labels, reply.elapsedTime / 1000)
      })
    },
    counted: (authority) => ({
      ...authority,
      issueToken: (request) =>
        countOutcome(authority.issueToken(request), (outcome) => tokens.inc({ outcome })),
    }),
    page: async () => {
      if (!companions) return { contentType: registry.contentType, body: await registry.metrics() }
      const { whole, ...after } = await withOthers(prometheus, registry, { companions, kept })
      kept = after.kept
      return { contentType: registry.contentType, body: await whole.metrics() }
    },
    counters: () => registry.getMetricsAsJSON(),
  }
}

function isStream({ raw }: FastifyReply): boolean {
  return String(raw.getHeader('content-type')).startsWith('text/event-stream')
}

/** What processes that are gone have counted, so that no counter of the page ever goes back. */
type Kept = readonly object[]

const COUNTERS: readonly unknown[] = ['counter', 'histogram']

/** The counters of all processes, put together by the rule that each of them has: most are added. */
async function withOthers(
  { AggregatorRegistry }: Pick<typeof Prometheus, 'AggregatorRegistry'>,
  own: Prometheus.Registry,
  { companions, kept }: { companions: Companions; kept: Kept },
): Promise<{ whole: { metrics(): Promise<string> }; kept: Kept }> {
  const { living, endedSince } = await companions.counters()
  const ended = AggregatorRegistry.aggregate([kept, ...endedSince.map(countersOf)])
  const keptNow = countersOf(await ended.getMetricsAsJSON())
  const whole = AggregatorRegistry.aggregate([await own.getMetricsAsJSON(), keptNow, ...living])
  return { whole, kept: keptNow }
}

function countersOf(page: readonly object[]): Kept {
  return page.filter((metric) => COUNTERS.includes((metric as { type?: unknown }).type))
}

function createCounters(
  { Counter, Histogram }: Pick<typeof Prometheus, 'Counter' | 'Histogram'>,
  registers: Prometheus.Registry[],
) {
  const requests = new Counter({
    name: 'landfast_control_plane_requests_total',
    help: 'Requests by route, method and status',
    labelNames: ['route', 'method', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'landfast_control_plane_request_duration_seconds',
    help: 'How long requests took, by route and method',
    labelNames: ['route', 'method'],
    buckets: DURATION_BUCKETS,
    registers,
  })
  const tokens = new Counter({
    name: 'landfast_control_plane_tokens_total',
    help: 'Tokens issued, and refused by the code of the refusal',
    labelNames: ['outcome'],
    registers,
  })
  return { requests, seconds, tokens }
}

async function countOutcome<T>(issuing: Promise<T>, count: (outcome: string) => void): Promise<T> {
  try {
    const token = await issuing
    count('issued')
    return token
  } catch (error) {
    count(outcomeOf(error))
    throw error
  }
}

function outcomeOf(error: unknown): string {
  if (error instanceof TooManyRequests) return 'requests_too_many'
  return error instanceof AuthorityError ? error.code : 'internal'
}

function addMachines(
  { Gauge }: Pick<typeof Prometheus, 'Gauge'>,
  registry: Prometheus.Registry,
  storage: Storage,
): void {
  const readMachines = keptFor(MACHINES_KEPT_MILLISECONDS, () => countMachines(storage.db))
  new Gauge({
    name: 'landfast_control_plane_machines',
    help: 'Machines by status, counted once a minute at most',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { status, machines } of await readMachines()) this.set({ status }, machines)
    },
  })
}

function addConnections(
  { Gauge }: Pick<typeof Prometheus, 'Gauge'>,
  registry: Prometheus.Registry,
  storage: Storage,
): void {
  new Gauge({
    name: 'landfast_control_plane_database_connections',
    help: 'Connections to PostgreSQL by state, and requests that wait for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(storage.connections?.() ?? {})) this.set({ state }, count)
    },
  })
}

interface MachineCount {
  status: string
  machines: number
}

async function countMachines(db: Kysely<Schema>): Promise<MachineCount[]> {
  return db
    .selectFrom('presence')
    .select(({ fn }) => ['status', fn.countAll<number>().as('machines')])
    .groupBy('status')
    .execute()
}

/** A page without the count is better than no page while the database is away. */
function keptFor(milliseconds: number, read: () => Promise<MachineCount[]>): () => Promise<MachineCount[]> {
  let readAt = Number.NEGATIVE_INFINITY
  let kept: Promise<MachineCount[]> = Promise.resolve([])
  return () => {
    if (performance.now() - readAt >= milliseconds) {
      readAt = performance.now()
      kept = read().catch(() => {
        readAt = Number.NEGATIVE_INFINITY
        return []
      })
    }
    return kept
  }
}
