import { expect, test } from 'vitest'
import { Metrics } from './metrics.ts'

const NOW = Date.parse('2030-01-01T00:00:00Z')
const CLOCK = { now: () => NOW, monotonic: () => 1_000 }
const GAUGES = {
  cachedTokens: () => 3,
  keysAlive: () => 7,
  standing: () => ({
    status: 'Connected' as const,
    lastHeartbeat: '2029-12-31T23:59:00.000Z',
    certificateEnd: '2030-02-01T00:00:00.000Z',
  }),
  version: () => '1.2.3',
}

test('the page holds what was counted, in the form of Prometheus, and says the same when read again', async () => {
  const metrics = new Metrics(CLOCK)
  metrics.request('arc', 'granted', { startedAt: 999 })
  metrics.request('arc', 'granted', { startedAt: 960 })
  metrics.request('app-service', 'identity_header_rejected', { startedAt: 0 })
  metrics.upstream('token', 0.25)
  metrics.upstream('token', 0.5)
  metrics.upstream('unavailable', 10)
  metrics.auditLinesLost(4)
  await metrics.page(GAUGES)
  const { contentType, body } = await metrics.page(GAUGES)
  expect(contentType).toMatch(/^text\/plain/)
  for (const line of [
    'landfast_requests_total{style="arc",outcome="granted"} 2',
    'landfast_requests_total{style="app-service",outcome="identity_header_rejected"} 1',
    'landfast_upstream_requests_total{outcome="token"} 2',
    'landfast_upstream_request_seconds_total{outcome="token"} 0.75',
    'landfast_upstream_requests_total{outcome="unavailable"} 1',
    'landfast_audit_lines_lost_total 4',
    'landfast_cached_tokens 3',
    'landfast_keys_alive 7',
    '# TYPE landfast_request_duration_seconds histogram',
    'landfast_request_duration_seconds_bucket{style="arc",result="granted",le="0.001"} 1',
    'landfast_request_duration_seconds_bucket{style="arc",result="granted",le="0.05"} 2',
    'landfast_request_duration_seconds_bucket{style="arc",result="granted",le="+Inf"} 2',
    'landfast_request_duration_seconds_sum{style="arc",result="granted"} 0.041',
    'landfast_request_duration_seconds_count{style="app-service",result="refused"} 1',
    'landfast_upstream_request_duration_seconds_bucket{outcome="token",le="0.25"} 1',
    'landfast_upstream_request_duration_seconds_count{outcome="unavailable"} 1',
    'landfast_authenticated 0',
    `landfast_certificate_expiry_timestamp_seconds ${Date.parse('2030-02-01T00:00:00Z') / 1000}`,
    `landfast_last_heartbeat_timestamp_seconds ${NOW / 1000 - 60}`,
    `landfast_build_info{version="1.2.3",node="${process.versions.node}"} 1`,
  ]) {
    expect(body.split('\n')).toContain(line)
  }
  expect(body).toContain('process_resident_memory_bytes')
})

test('two agents of one process count apart', async () => {
  const [first, second] = [new Metrics(CLOCK), new Metrics(CLOCK)]
  first.request('arc', 'granted', { startedAt: 0 })
  await first.page(GAUGES)
  expect((await second.page(GAUGES)).body).not.toMatch(/(outcome|result)="granted"/)
})
