import { expect, test } from 'vitest'
import { checkFault, FAULT_KINDS } from './fault.ts'
import { describeFaults, formatFault, readFaults } from './fault-text.ts'
import { SCENARIO_NAMES, SCENARIOS } from './scenarios.ts'

test.each([
  ['429', { kind: 'status', status: 429 }],
  ['status=503', { kind: 'status', status: 503 }],
  ['429,retry-after=2,times=3', { kind: 'status', status: 429, retryAfterSeconds: 2, times: 3 }],
  ['timeout,for=2m', { kind: 'timeout', forSeconds: 120 }],
  ['latency=200ms', { kind: 'latency', delaySeconds: 0.2 }],
  ['short-token=30', { kind: 'short-token', expiresInSeconds: 30 }],
  ['clock-off=-2h', { kind: 'clock-off', offsetSeconds: -7200 }],
  [
    '500,times=always,step=challenge',
    { kind: 'status', status: 500, times: Number.POSITIVE_INFINITY, step: 'challenge' },
  ],
  [
    '410,resource=https://vault.azure.net',
    { kind: 'status', status: 410, resource: 'https://vault.azure.net' },
  ],
])('"%s" is a fault', (text, fault) => {
  expect(readFaults(text)).toEqual([fault])
})

test.each([
  '503,for=30s',
  '429,retry-after=2s,times=3',
  'latency=0.2s,times=always,resource=https://vault.azure.net',
  'clock-off=-7200s',
  'broken-json,step=challenge',
])('the fault "%s" is written as it is typed', (text) => {
  expect(readFaults(text).map(formatFault)).toEqual([text])
})

test.each(SCENARIO_NAMES)('the scenario "%s" is made of faults', (name) => {
  expect(readFaults(name)).toEqual(SCENARIOS[name])
  for (const fault of readFaults(name)) expect(checkFault(fault)).toEqual(fault)
})

test('what can be typed is told as it is typed', () => {
  const [scenarios = '', faults = ''] = describeFaults()
  for (const name of SCENARIO_NAMES) expect(scenarios).toContain(name)
  for (const kind of FAULT_KINDS) expect(faults).toContain(kind)
  expect(faults).toContain('status=…[,retry-after=…], broken-json')
  expect(faults).toContain('connection-refused,for=…')
})

test.each([
  ['slow', '"slow" is no status, none of cold-start, '],
  ['throttled,times=2', 'takes nothing behind it'],
  ['429,often=2', '"often" is none of retry-after, times, for, resource, step'],
  ['latency=soon', '"soon" is no number'],
  ['latency=', '"" is no number'],
  ['timeout=3', '"timeout" takes no "="'],
  ['299', 'from 400 to 599'],
  ['429,times=2,times=3', 'says "times" twice'],
  ['latency=1,delay=2', '"delay" is none of retry-after, times'],
  ['latency', '"latency" needs "latency="'],
  ['latency=2h', '"latency=" must be a number from 0'],
  ['connection-refused', '"connection-refused" needs "for="'],
  ['429,retry-after=1.5', '"retry-after=" must be a whole number'],
  [
    'latency=1,retry-after=2',
    '"latency" has no "retry-after=", but times=, for=, resource=, step=, latency=',
  ],
  ['timeout,step=answer', '"step=" must be "challenge" or "token"'],
  ['', '"" is no status'],
  [undefined as never, 'must be a text such as'],
])('"%s" is none', (text, reason) => {
  expect(() => readFaults(text)).toThrow(
    expect.objectContaining({ code: 'fault_invalid', message: expect.stringContaining(reason) }),
  )
})
