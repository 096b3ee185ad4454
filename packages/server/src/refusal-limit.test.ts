import { expect, test } from 'vitest'
import { FakeClock } from '../../../test/agent/fake-clock.ts'
import { RefusalLimit } from './refusal-limit.ts'

function setUp() {
  const clock = new FakeClock()
  return { clock, limit: new RefusalLimit(() => clock.monotonic()) }
}

test('ten refusals a minute of one user and reason are written, then one with the count of the rest', () => {
  const { clock, limit } = setUp()
  const taken = Array.from({ length: 25 }, () => limit.take(1000, 'key_rejected'))
  expect(taken).toEqual([...Array(10).fill(0), ...Array(15).fill(undefined)])
  clock.pass(60)
  expect(limit.take(1000, 'key_rejected')).toBe(15)
  expect(limit.take(1000, 'key_rejected')).toBe(0)
})

test('one user hides neither another user nor another reason', () => {
  const { limit } = setUp()
  for (let index = 0; index < 100; index += 1) limit.take(1000, 'key_rejected')
  expect(limit.take(1001, 'key_rejected')).toBe(0)
  expect(limit.take(1000, 'resource_missing')).toBe(0)
  expect(limit.take(undefined, 'key_rejected')).toBe(0)
})

test('users beyond the thousandth share a count', () => {
  const { limit } = setUp()
  for (let user = 0; user < 1000; user += 1) limit.take(user, 'key_rejected')
  const taken = Array.from({ length: 20 }, (_, index) => limit.take(5000 + index, 'key_rejected'))
  expect(taken.filter((count) => count === 0)).toHaveLength(10)
  expect(limit.take(0, 'key_rejected')).toBe(0)
})

test('users who were refused long ago make room for others', () => {
  const { clock, limit } = setUp()
  for (let user = 0; user < 1000; user += 1) limit.take(user, 'key_rejected')
  clock.pass(60)
  const taken = Array.from({ length: 20 }, (_, index) => limit.take(5000 + index, 'key_rejected'))
  expect(taken).toEqual(Array(20).fill(0))
})
