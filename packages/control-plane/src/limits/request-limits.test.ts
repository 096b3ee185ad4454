import { expect, test } from 'vitest'
import { createRequestLimits, networkOf } from './request-limits.ts'

const NOW = new Date(0)

test('after thirty wrong credentials of a client from one address the next there is told to wait, no other is', () => {
  const limits = createRequestLimits({ requestsPerSecond: 0 })
  const wrong = (address: string, clientId: string) => limits.wrong({ address, clientId }, NOW)
  for (let count = 0; count < 30; count += 1) expect(wrong('10.0.0.1', 'c')).toBe(0)
  expect([wrong('10.0.0.1', 'c'), wrong('10.0.0.2', 'c'), wrong('10.0.0.1', 'd')]).toEqual([2, 0, 0])
})

test('after very many from one address the next there is told to wait, whatever client it names', () => {
  const limits = createRequestLimits({ requestsPerSecond: 0 })
  for (let count = 0; count < 300; count += 1)
    limits.wrong({ address: '10.0.0.1', clientId: `c${count}` }, NOW)
  expect(limits.wrong({ address: '10.0.0.1', clientId: 'new' }, NOW)).toBe(1)
  expect(limits.wrong({ address: '10.0.0.1' }, NOW)).toBe(1)
  expect(limits.wrong({ address: '10.0.0.2' }, NOW)).toBe(0)
})

test('wrong credentials take nothing of what a caller may do', () => {
  const limits = createRequestLimits({ requestsPerSecond: 1 })
  for (let count = 0; count < 400; count += 1) limits.wrong({ address: '10.0.0.1', clientId: 'c' }, NOW)
  expect(limits.callerWaitSeconds('c', NOW)).toBe(0)
})

test('a caller may make ten seconds’ worth of requests in a row', () => {
  const limits = createRequestLimits({ requestsPerSecond: 2 })
  for (let count = 0; count < 20; count += 1) limits.served('c', NOW)
  expect([limits.callerWaitSeconds('C', NOW), limits.callerWaitSeconds('d', NOW)]).toEqual([1, 0])
})

test('with no limit a caller never waits', () => {
  const limits = createRequestLimits({ requestsPerSecond: 0 })
  for (let count = 0; count < 1_000; count += 1) limits.served('c', NOW)
  expect(limits.callerWaitSeconds('c', NOW)).toBe(0)
})

for (const [address, network] of [
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
] as const) {
  test(`${address} is of the network ${network}`, () => {
    expect(networkOf(address)).toBe(network)
  })
}

test('what was taken elsewhere counts here, and what is taken here is told once', () => {
  const [here, elsewhere] = [1, 2].map(() => createRequestLimits({ requestsPerSecond: 1, isShared: true }))
  for (let count = 0; count < 10; count += 1) here?.served('C', NOW)
  here?.wrong({ address: '10.0.0.1', clientId: 'd' }, NOW)
  const takings = here?.newTakings() ?? []
  expect(takings).toEqual([
    ['client', '10.0.0.1 d', 1],
    ['address', '10.0.0.1', 1],
    ['caller', 'c', 10],
  ])
  expect(here?.newTakings()).toEqual([])
  elsewhere?.hear(takings, NOW)
  expect(elsewhere?.callerWaitSeconds('c', NOW)).toBe(1)
  // What was heard of is not told again, or it would go round for ever.
  expect(elsewhere?.newTakings()).toEqual([])
})

test('limits that nobody shares keep nothing to be told', () => {
  const limits = createRequestLimits({ requestsPerSecond: 1 })
  limits.served('c', NOW)
  expect(limits.newTakings()).toEqual([])
})
