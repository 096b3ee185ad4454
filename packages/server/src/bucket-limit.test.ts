import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BucketLimit } from './bucket-limit.ts'

const at = (seconds: number) => seconds * 1000

test('as many as the burst are taken in a row, then one has to wait until the next has come', () => {
  const limit = new BucketLimit({ burst: 3, perSecond: 0.5 })
  for (let count = 0; count < 3; count += 1) {
    expect(limit.waitSeconds('a', at(0))).toBe(0)
    limit.take('a', at(0))
  }
  expect(limit.waitSeconds('a', at(0))).toBe(2)
  expect(limit.waitSeconds('a', at(1))).toBe(1)
  expect(limit.waitSeconds('a', at(2))).toBe(0)
})

test('one name does not wait for another', () => {
  const limit = new BucketLimit({ burst: 1, perSecond: 1 })
  limit.take('a', at(0))
  expect([limit.waitSeconds('a', at(0)), limit.waitSeconds('b', at(0))]).toEqual([1, 0])
})

test('a clock that is set back neither fills nor empties a bucket', () => {
  const limit = new BucketLimit({ burst: 1, perSecond: 1 })
  limit.take('a', at(100))
  expect(limit.waitSeconds('a', at(0))).toBe(1)
})

test('however names are mixed and time goes: within any span no more than burst and rate allow is let through', () => {
  const step = fc.record({ name: fc.constantFrom('a', 'b'), wait: fc.integer({ min: 0, max: 5 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const limit = new BucketLimit({ burst: 4, perSecond: 0.5 })
      let time = 0
      const passed: Record<string, number> = { a: 0, b: 0 }
      for (const { name, wait } of steps) {
        time += wait
        if (limit.waitSeconds(name, at(time)) > 0) continue
        limit.take(name, at(time))
        passed[name] = (passed[name] ?? 0) + 1
        expect(passed[name]).toBeLessThanOrEqual(4 + time * 0.5)
      }
    }),
  )
})

test('the 20,000 names that were used last are remembered, and not more than twice as many', () => {
  const limit = new BucketLimit({ burst: 1, perSecond: 0.001 })
  const waits = (...numbers: number[]) => numbers.map((number) => limit.waitSeconds(`n${number}`, at(0)))
  for (let count = 0; count < 30_000; count += 1) limit.take(`n${count}`, at(0))
  expect(waits(10_000, 19_999, 20_000, 29_999)).toEqual([1_000, 1_000, 1_000, 1_000])
  for (let count = 30_000; count < 40_000; count += 1) limit.take(`n${count}`, at(0))
  expect(waits(0, 20_000, 39_999)).toEqual([0, 1_000, 1_000])
})
