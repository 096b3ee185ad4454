/**
 * The page that Prometheus reads: the agent's counts under the names of its metrics.
 *
 * @see docs/metrics.md
 * @module
 */

import type { Registry } from 'prom-client'
import type { Standing } from '../metadata/agent-status.ts'
import type { Durations } from './durations.ts'
import { type LastExchange, type StandingSigns, standingGauges } from './standing-gauges.ts'

/** What was counted, by what it is counted by. */
export interface Counts {
  readonly requests: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly workloads: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly upstream: ReadonlyMap<string, { count: number; seconds: number }>
  readonly linesLost: number
  readonly policyReads: Readonly<Record<string, number>>
  readonly tokenFiles: ReadonlyMap<string, number>
  readonly durations: Readonly<Record<'requests' | 'upstream', Durations>>
  readonly lastExchange: LastExchange | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Figures that are read when the page is. */
export interface Gauges {
  cachedTokens: () => number
  keysAlive: () => number
  /** How the machine stands with its control plane. */
  standing: () => Standing | undefined
  /** The version of the agent. */
  version: () => string | undefined
  /** Each token file with the end of the token in it, in milliseconds since 1970. */
  tokenFiles?: () => readonly { path: string; expiresAt: number | undefined }[]
}

type Prometheus = Pick<typeof import('prom-client'), 'Counter' | 'Gauge'>

/** What writes pages. Loads `prom-client`, which costs more memory than the rest of the agent. */
export async function createPageWriter() {
  // Bundled, a CommonJS module that is loaded late has its default export only.
  const { default: prometheus } = await import('prom-client')
  const registry = new prometheus.Registry()
  prometheus.collectDefaultMetrics({ register: registry })
  const collectors = createCollectors(prometheus, registry)
  return async (counts: Counts, gauges: Gauges) => {
    fill(collectors, counts, gauges)
    const lines = [...histograms(counts), ...standingGauges(signsOf(counts, gauges))]
    const body = `${(await registry.metrics()).trimEnd()}\n\n${lines.join('\n')}\n`
    return { contentType: registry.contentType, body }
  }
}

function histograms({ durations: { requests, upstream } }: Counts): string[] {
  return [
    ...requests.page(
      'landfast_request_duration_seconds',
      'How long requests took, by style and how they ended',
    ),
    ...upstream.page(
      'landfast_upstream_request_duration_seconds',
      'How long requests to the authority took, by how they ended',
    ),
  ]
}

function signsOf({ lastExchange, now }: Counts, { standing, version }: Gauges): StandingSigns {
  return { standing: standing(), lastExchange, version: version(), now }
}

type Collectors = ReturnType<typeof createCollectors>

/** In the order of the page. */
function createCollectors({ Counter, Gauge }: Prometheus, registry: Registry) {
  const registers = [registry]
  return {
    requests: new Counter({
      name: 'landfast_requests_total',
      help: 'Requests on the identity endpoints by how they ended',
      labelNames: ['style', 'outcome'],
      registers,
    }),
    workloads: new Counter({
      name: 'landfast_workload_requests_total',
      help: 'Requests of workloads by how they ended',
      labelNames: ['workload', 'outcome'],
      registers,
    }),
    upstream: new Counter({
      name: 'landfast_upstream_requests_total',
      help: 'Requests to the authority by how they ended',
      labelNames: ['outcome'],
      registers,
    }),
    seconds: new Counter({
      name: 'landfast_upstream_request_seconds_total',
      help: 'Time spent waiting for the authority by how the request ended',
      labelNames: ['outcome'],
      registers,
    }),
    lost: new Counter({
      name: 'landfast_audit_lines_lost_total',
      help: 'Audit lines that could not be written',
      registers,
    }),
    policyReads: new Counter({
      name: 'landfast_policy_reads_total',
      help: 'Times the policy file was read anew by how that ended',
      labelNames: ['outcome'],
      registers,
    }),
    fileWrites: new Counter({
      name: 'landfast_token_file_writes_total',
      help: 'Tries to write a token file by how they ended',
      labelNames: ['outcome'],
      registers,
    }),
    fileEnds: new Gauge({
      name: 'landfast_token_file_expiry_timestamp_seconds',
      help: 'When the token ends that the agent has written into the file',
      labelNames: ['path'],
      registers,
    }),
    tokens: new Gauge({ name: 'landfast_cached_tokens', help: 'Tokens held by the agent', registers }),
    keys: new Gauge({ name: 'landfast_keys_alive', help: 'Keys that could be presented now', registers }),
  }
}

function fill(collectors: Collectors, counts: Counts, gauges: Gauges): void {
  const { requests, workloads, upstream, seconds, lost, policyReads, tokens, keys } = collectors
  for (const counter of [requests, workloads, upstream, seconds, lost, policyReads]) counter.reset()
  fillTokenFiles(collectors, counts, gauges)
  for (const [style, outcomes] of counts.requests) {
    for (const [outcome, count] of outcomes) requests.inc({ style, outcome }, count)
  }
  for (const [workload, outcomes] of counts.workloads) {
    for (const [outcome, count] of outcomes) workloads.inc({ workload, outcome }, count)
  }
  for (const [outcome, sum] of counts.upstream) {
    upstream.inc({ outcome }, sum.count)
    seconds.inc({ outcome }, sum.seconds)
  }
  lost.inc(counts.linesLost)
  for (const [outcome, count] of Object.entries(counts.policyReads)) policyReads.inc({ outcome }, count)
  tokens.set(gauges.cachedTokens())
  keys.set(gauges.keysAlive())
}

/** A file without a token has no end. */
function fillTokenFiles({ fileWrites, fileEnds }: Collectors, { tokenFiles }: Counts, gauges: Gauges): void {
  fileWrites.reset()
  fileEnds.reset()
  for (const [outcome, count] of tokenFiles) fileWrites.inc({ outcome }, count)
  for (const { path, expiresAt } of gauges.tokenFiles?.() ?? []) {
    if (expiresAt !== undefined) fileEnds.set({ path }, Math.floor(expiresAt / 1000))
  }
}
