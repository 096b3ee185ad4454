/**
 * The agent's counters, for Prometheus.
 *
 * Counting is plain additions; `prom-client` writes the page and is loaded with the first one, since it costs
 * more memory than the rest of the agent.
 *
 * @see docs/metrics.md
 * @module
 */

import type { ServedStyleName, WireErrorCode } from '@landfast/protocol'
import type { MetricsPage } from '@landfast/server'
import type { Clock } from '../clock.ts'
import type { UpstreamOutcome } from '../tokens/upstream-requests.ts'
import { Durations } from './durations.ts'
import { createPageWriter, type Gauges } from './metrics-page.ts'
import type { LastExchange } from './standing-gauges.ts'

/** How a request ended. */
export type RequestOutcome = 'granted' | 'document' | WireErrorCode

/** The clocks that the counters read. */
type MetricsClock = Pick<Clock, 'now' | 'monotonic'>

/** The agent's counters. */
export class Metrics {
  readonly #requests = new Map<ServedStyleName, Map<RequestOutcome, number>>()
  readonly #upstream = new Map<UpstreamOutcome, { count: number; seconds: number }>()
  readonly #durations = { requests: new Durations(), upstream: new Durations() }
  readonly #clock: MetricsClock
  #lastExchange: LastExchange | undefined
  readonly #workloads = new Map<string, Map<RequestOutcome, number>>()
  #linesLost = 0
  readonly #policyReads = { loaded: 0, refused: 0 }
  readonly #tokenFiles = new Map<string, number>()
  #writer: ReturnType<typeof createPageWriter> | undefined

  constructor(clock: MetricsClock) {
    this.#clock = clock
  }

  /** The moment at which a request begins. */
  begin(): number {
    return this.#clock.monotonic()
  }

  /** A request was answered; `workload` is who asked, if it proved to be one. */
  request(
    style: ServedStyleName,
    outcome: RequestOutcome,
    { startedAt, workload }: { startedAt: number; workload?: string | undefined },
  ): void {
    const result = outcome === 'granted' || outcome === 'document' ? outcome : 'refused'
    this.#durations.requests.observe({ style, result }, (this.#clock.monotonic() - startedAt) / 1000)
    count(this.#requests, style, outcome)
    if (workload !== undefined) count(this.#workloads, workload, outcome)
  }

  upstream(outcome: UpstreamOutcome, seconds: number): void {
    const sum = this.#upstream.get(outcome) ?? { count: 0, seconds: 0 }
    this.#upstream.set(outcome, { count: sum.count + 1, seconds: sum.seconds + seconds })
    this.#durations.upstream.observe({ outcome }, seconds)
    this.#lastExchange = { outcome, at: this.#clock.now() }
  }

  auditLinesLost(lines: number): void {
    this.#linesLost += lines
  }

  /** The policy file was read again. */
  policyRead(outcome: 'loaded' | 'refused'): void {
    this.#policyReads[outcome] += 1
  }

  /** A token file was written, or why not. */
  tokenFile(outcome: string): void {
    this.#tokenFiles.set(outcome, (this.#tokenFiles.get(outcome) ?? 0) + 1)
  }

  /** The page that Prometheus reads. */
  async page(gauges: Gauges): Promise<MetricsPage> {
    this.#writer ??= createPageWriter()
    const write = await this.#writer
    const counts = {
      linesLost: this.#linesLost,
      policyReads: this.#policyReads,
      tokenFiles: this.#tokenFiles,
    }
    const [requests, workloads, upstream] = [this.#requests, this.#workloads, this.#upstream]
    const kept = { durations: this.#durations, lastExchange: this.#lastExchange, now: this.#clock.now() }
    return await write({ requests, workloads, upstream, ...counts, ...kept }, gauges)
  }
}

function count<Kind>(
  counts: Map<Kind, Map<RequestOutcome, number>>,
  kind: Kind,
  outcome: RequestOutcome,
): void {
  let outcomes = counts.get(kind)
  if (!outcomes) {
    outcomes = new Map()
    counts.set(kind, outcomes)
  }
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
}
