/**
 * The agent's counters, for Prometheus.
 *
 * Counting is plain additions; `prom-client` writes the page and is loaded with the first one, since it costs
 * more memory than the rest of the agent.
 *
 * @see docs/metrics.md
 * @module
 */

import type { StyleName, WireErrorCode } from '@landfast/protocol'
import type { MetricsPage } from '@landfast/server'
import type { UpstreamOutcome } from '../tokens/upstream-requests.ts'

/** How a request ended. */
export type RequestOutcome = 'granted' | 'document' | WireErrorCode

/** Figures that are read when the page is. */
export interface Gauges {
  cachedTokens: () => number
  keysAlive: () => number
}

/** The agent's counters. */
export class Metrics {
  readonly #requests = new Map<StyleName, Map<RequestOutcome, number>>()
  readonly #upstream = new Map<UpstreamOutcome, { count: number; seconds: number }>()
  #linesLost = 0
  readonly #policyReads = { loaded: 0, refused: 0 }
  #writePage: Promise<(gauges: Gauges) => Promise<MetricsPage>> | undefined

  request(style: StyleName, outcome: RequestOutcome): void {
    let outcomes = this.#requests.get(style)
    if (!outcomes) {
      outcomes = new Map()
      this.#requests.set(style, outcomes)
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }

  upstream(outcome: UpstreamOutcome, seconds: number): void {
    const sum = this.#upstream.get(outcome) ?? { count: 0, seconds: 0 }
    this.#upstream.set(outcome, { count: sum.count + 1, seconds: sum.seconds + seconds })
  }

  auditLinesLost(lines: number): void {
    this.#linesLost += lines
  }

  /** The policy file was read again. */
  policyRead(outcome: 'loaded' | 'refused'): void {
    this.#policyReads[outcome] += 1
  }

  /** The page that Prometheus reads. */
  async page(gauges: Gauges): Promise<MetricsPage> {
    this.#writePage ??= this.#createPage()
    return (await this.#writePage)(gauges)
  }

  async #createPage(): Promise<(gauges: Gauges) => Promise<MetricsPage>> {
    // Bundled, a CommonJS module that is loaded late has its default export only.
    const { default: prometheus } = await import('prom-client')
    const { Counter, collectDefaultMetrics, Gauge, Registry } = prometheus
    const registry = new Registry()
    const registers = [registry]
    collectDefaultMetrics({ register: registry })
    const requests = new Counter({
      name: 'landfast_requests_total',
      help: 'Requests on the identity endpoints by how they ended',
      labelNames: ['style', 'outcome'],
      registers,
    })
    const upstream = new Counter({
      name: 'landfast_upstream_requests_total',
      help: 'Requests to the authority by how they ended',
      labelNames: ['outcome'],
      registers,
    })
    const seconds = new Counter({
      name: 'landfast_upstream_request_seconds_total',
      help: 'Time spent waiting for the authority by how the request ended',
      labelNames: ['outcome'],
      registers,
    })
    const lost = new Counter({
      name: 'landfast_audit_lines_lost_total',
      help: 'Audit lines that could not be written',
      registers,
    })
    const policyReads = new Counter({
      name: 'landfast_policy_reads_total',
      help: 'Times the policy file was read anew by how that ended',
      labelNames: ['outcome'],
      registers,
    })
    const tokens = new Gauge({ name: 'landfast_cached_tokens', help: 'Tokens held by the agent', registers })
    const keys = new Gauge({
      name: 'landfast_keys_alive',
      help: 'Keys that could be presented now',
      registers,
    })
    return async (gauges) => {
      for (const counter of [requests, upstream, seconds, lost, policyReads]) counter.reset()
      for (const [style, outcomes] of this.#requests) {
        for (const [outcome, count] of outcomes) requests.inc({ style, outcome }, count)
      }
      for (const [outcome, sum] of this.#upstream) {
        upstream.inc({ outcome }, sum.count)
        seconds.inc({ outcome }, sum.seconds)
      }
      lost.inc(this.#linesLost)
      for (const [outcome, count] of Object.entries(this.#policyReads)) policyReads.inc({ outcome }, count)
      tokens.set(gauges.cachedTokens())
      keys.set(gauges.keysAlive())
      return { contentType: registry.contentType, body: await registry.metrics() }
    }
  }
}
