import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { StandingFaults } from './standing-faults.ts'

function makeFaults() {
  const clock = { milliseconds: 0 }
  return { clock, faults: new StandingFaults(() => clock.milliseconds) }
}

const REQUEST = { step: 'token', resource: 'https://database.windows.net' } as const

test('the time of a fault begins with the first request that it strikes', () => {
  const { clock, faults } = makeFaults()
  const fault = faults.add({ kind: 'status', status: 503, forSeconds: 60, resource: 'api://orders' })
  const orders = { ...REQUEST, resource: 'api://orders' }
  clock.milliseconds = 600_000
  expect(faults.take(REQUEST)).toBeUndefined()
  clock.milliseconds = 900_000
  expect(faults.take(orders)).toBe(fault.fault)
  clock.milliseconds = 959_999
  expect(faults.take(orders)).toBe(fault.fault)
  clock.milliseconds = 960_000
  expect(faults.take(orders)).toBeUndefined()
  expect([fault.struck, faults.all]).toEqual([2, []])
})

test('how often a fault has struck shows where it is printed, serialized and compared', () => {
  const { faults } = makeFaults()
  const fault = faults.add({ kind: 'timeout', times: 2 })
  faults.take(REQUEST)
  const shown = { fault: { kind: 'timeout', times: 2 }, struck: 1 }
  expect(inspect(fault)).toContain('struck: 1')
  expect(JSON.parse(JSON.stringify(faults.all))).toEqual([shown])
  expect(faults.all).toEqual([shown])
})

test('that of refused connections begins at once, since no request shows', () => {
  const { clock, faults } = makeFaults()
  faults.add({ kind: 'connection-refused', forSeconds: 3 })
  clock.milliseconds = 2999
  expect(faults.all).toHaveLength(1)
  clock.milliseconds = 3000
  expect(faults.all).toEqual([])
})

test.each(['https://database.windows.net', 'https://database.windows.net/', 'HTTPS://Database.Windows.Net'])(
  'a fault for one audience strikes who asks for it as %s',
  (resource) => {
    for (const only of [REQUEST.resource, `${REQUEST.resource}/`]) {
      const { faults } = makeFaults()
      faults.add({ kind: 'status', status: 503, resource: only })
      expect(faults.take({ ...REQUEST, resource })).toBeDefined()
    }
  },
)

test.each(['https://vault.azure.net', undefined])(
  'a fault for one audience does not strike who asks for %s',
  (resource) => {
    const { faults } = makeFaults()
    faults.add({ kind: 'status', status: 503, resource: REQUEST.resource })
    expect(faults.take({ ...REQUEST, resource })).toBeUndefined()
  },
)
