import { expect, test } from 'vitest'
import { FakeClock } from '../../../test/agent/fake-clock.ts'
import { RefusalLimit } from './refusal-limit.ts'

function setUp() {
  const clock = new FakeClock()
  return { clock, limit: new RefusalLimit(() => clock.monotonic()) }
}

function takeMany(limit: RefusalLimit, times: number, kind: number | string): (number | undefined)[] {
  return Array.from({ length: times }, () => limit.take(kind))
}

test('ten refusals a minute of one kind are written, then one with the count of the rest', () => {
  const { clock, limit } = setUp()
  expect(takeMany(limit, 25, '1000 key_rejected')).toEqual([
    ...Array(10).fill(0),
    ...Array(15).fill(undefined),
  ])
  clock.pass(59.9)
  expect(limit.take('1000 key_rejected')).toBeUndefined()
  clock.pass(0.1)
  expect(limit.take('1000 key_rejected')).toBe(16)
  expect(limit.take('1000 key_rejected')).toBe(0)
})

test('one kind takes no lines from another', () => {
  const { limit } = setUp()
  takeMany(limit, 100, '1000 key_rejected')
  for (const other of ['1001 key_rejected', '1000 resource_missing', 'undefined key_rejected', 700027]) {
    expect(limit.take(other)).toBe(0)
  }
})

test('kinds beyond the thousandth share a count', () => {
  const { limit } = setUp()
  for (let kind = 0; kind < 1000; kind += 1) limit.take(kind)
  const taken = Array.from({ length: 20 }, (_, index) => limit.take(5000 + index))
  expect(taken.filter((count) => count === 0)).toHaveLength(10)
  expect(limit.take(0)).toBe(0)
})

test('kinds that were refused long ago make room for others', () => {
  const { clock, limit } = setUp()
  for (let kind = 0; kind < 1000; kind += 1) limit.take(kind)
  clock.pass(60)
  const taken = Array.from({ length: 20 }, (_, index) => limit.take(5000 + index))
  expect(taken).toEqual(Array(20).fill(0))
})

test('whoever was refused under a thousand names keeps nobody’s refusals out after a minute, and the count is told', () => {
  const { clock, limit } = setUp()
  for (let kind = 0; kind < 1000; kind += 1) takeMany(limit, 12, kind)
  clock.pass(60)
  const taken = Array.from({ length: 20 }, (_, index) => limit.take(5000 + index))
  expect(taken).toEqual(Array(20).fill(0))
  const more = Array.from({ length: 1000 }, (_, index) => limit.take(8000 + index))
  expect(more.filter((count) => count !== undefined && count > 0)).toEqual([2000])
})

test('a clock that is set back by an hour does not keep refusals out for an hour', () => {
  const clock = new FakeClock()
  const limit = new RefusalLimit(() => clock.now())
  takeMany(limit, 11, 700016)
  clock.set(-3600)
  expect(limit.take(700016)).toBe(1)
})
