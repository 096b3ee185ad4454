import { expect, test } from 'vitest'
import { checkFault, FAULT_KINDS } from './fault.ts'
import { describeFaults, readFaults } from './fault-text.ts'
import { SCENARIO_NAMES, SCENARIOS } from './scenarios.ts'

test.each([
  ['429', { kind: 'status', status: 429 }],
  ['status=503', { kind: 'status', status: 503 }],
  ['429,retry-after=2,times=3', { kind: 'status', status: 429, retryAfterSeconds: 2, times: 3 }],
  ['timeout,for=2m', { kind: 'timeout', forSeconds: 120 }],
  ['latency=200ms', { kind: 'latency', delaySeconds: 0.2 }],
  ['latency,delay=1.5', { kind: 'latency', delaySeconds: 1.5 }],
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
  ['429,often=2', '"often" is none of times, for'],
  ['latency=soon', '"soon" is no number'],
  ['latency=', '"" is no number'],
  ['timeout=3', '"timeout" takes no "="'],
  ['299', 'from 400 to 599'],
  ['429,times=2,times=3', 'says "times" twice'],
  ['latency=1,delay=2', 'says "delay" twice'],
  ['', '"" is no status'],
  [undefined as never, 'must be a text such as'],
])('"%s" is none', (text, reason) => {
  expect(() => readFaults(text)).toThrow(
    expect.objectContaining({ code: 'fault_invalid', message: expect.stringContaining(reason) }),
  )
})
