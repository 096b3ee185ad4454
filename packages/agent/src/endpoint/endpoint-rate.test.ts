import { expect, test } from 'vitest'
import { createRateGate } from './endpoint-rate.ts'

const THROTTLED = expect.objectContaining({ code: 'endpoint_throttled', status: 429, retryAfterSeconds: 1 })

function setUp(rate: { perSecond: number; atOnce: number }) {
  let now = 5000
  const gate = createRateGate(rate, () => now)
  return { gate, pass: (ms: number) => (now += ms) }
}

test('a second has so many requests, and the next one as many again', () => {
  const { gate, pass } = setUp({ perSecond: 3, atOnce: 10 })
  for (let request = 0; request < 3; request += 1) gate()()
  expect(gate).toThrow(THROTTLED)
  pass(999)
  expect(gate).toThrow(THROTTLED)
  pass(1)
  for (let request = 0; request < 3; request += 1) gate()()
  expect(gate).toThrow(THROTTLED)
})

test('so many are inside at once; one that is out twice counts once', () => {
  const { gate } = setUp({ perSecond: 100, atOnce: 2 })
  const [leave] = [gate(), gate()]
  expect(gate).toThrow(THROTTLED)
  leave()
  leave()
  gate()
  expect(gate).toThrow(THROTTLED)
})

test('a request that was not let in counts for nothing', () => {
  const { gate, pass } = setUp({ perSecond: 2, atOnce: 1 })
  const leave = gate()
  for (let request = 0; request < 5; request += 1) expect(gate).toThrow(THROTTLED)
  leave()
  gate()()
  expect(gate).toThrow(THROTTLED)
  pass(1000)
  gate()()
})
