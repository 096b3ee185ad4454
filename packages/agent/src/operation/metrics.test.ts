import { expect, test } from 'vitest'
import { Metrics } from './metrics.ts'

const GAUGES = { cachedTokens: () => 3, keysAlive: () => 7 }

test('the page holds what was counted, in the form of Prometheus, and says the same when read again', async () => {
  const metrics = new Metrics()
  metrics.request('arc', 'granted')
  metrics.request('arc', 'granted')
  metrics.request('app-service', 'identity_header_rejected')
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
  ]) {
    expect(body.split('\n')).toContain(line)
  }
  expect(body).toContain('process_resident_memory_bytes')
})

test('two agents of one process count apart', async () => {
  const [first, second] = [new Metrics(), new Metrics()]
  first.request('arc', 'granted')
  await first.page(GAUGES)
  expect((await second.page(GAUGES)).body).not.toContain('outcome="granted"')
})
