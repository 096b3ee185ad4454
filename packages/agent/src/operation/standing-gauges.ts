/**
 * How the machine stands with its control plane, as gauges for Prometheus. What is not known has no line.
 *
 * @see docs/metrics.md
 * @module
 */

import type { Standing } from '../metadata/agent-status.ts'
import type { UpstreamOutcome } from '../tokens/upstream-requests.ts'
import { labelsText } from './durations.ts'

/** The last request to the authority. Times are milliseconds since 1970. */
export interface LastExchange {
  outcome: UpstreamOutcome
  at: number
}

/** What the gauges are made of. */
export interface StandingSigns {
  /** Undefined for an agent that keeps no touch with a control plane. */
  standing: Standing | undefined
  lastExchange: LastExchange | undefined
  version: string | undefined
  now: number
}

/** By these answers the authority says that it knows who asks. */
const KNOWN: ReadonlySet<UpstreamOutcome> = new Set(['token', 'resource_refused', 'unassigned'])

/** The lines of the gauges. */
export function standingGauges(signs: StandingSigns): string[] {
  const { standing, version } = signs
  return [
    ...gauge(
      'landfast_authenticated',
      'Whether the authority took this machine the last time, and its certificate is good',
      Number(isAuthenticated(signs)),
    ),
    ...gauge(
      'landfast_certificate_expiry_timestamp_seconds',
      'When the certificate of this machine ends',
      secondsOf(standing?.certificateEnd),
    ),
    ...gauge(
      'landfast_last_heartbeat_timestamp_seconds',
      'When the control plane took the last heartbeat of this machine',
      secondsOf(standing?.lastHeartbeat),
    ),
    ...gauge('landfast_build_info', 'The version of the agent and of its runtime', version && 1, {
      version: version ?? '',
      node: process.versions.node,
    }),
  ]
}

/** What came last counts, be it a heartbeat or a token. */
export function isAuthenticated({ standing, lastExchange, now }: StandingSigns): boolean {
  if (standing?.refusal || secondsOf(standing?.certificateEnd, now) * 1000 < now) return false
  const heartbeatAt = secondsOf(standing?.lastHeartbeat) * 1000
  const isNewer = lastExchange && !(heartbeatAt > lastExchange.at)
  if (isNewer) return KNOWN.has(lastExchange.outcome)
  return standing?.status === 'Connected'
}

/** NaN if `text` is no time. */
function secondsOf(text: string | undefined, otherwise?: number): number {
  if (text === undefined && otherwise !== undefined) return otherwise / 1000
  return Date.parse(text ?? '') / 1000
}

function gauge(name: string, help: string, value: number | '' | undefined, labels = {}): string[] {
  if (typeof value !== 'number' || Number.isNaN(value)) return []
  const text = labelsText(labels)
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name}${text && `{${text}}`} ${value}`]
}
