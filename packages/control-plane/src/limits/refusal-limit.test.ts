import { expect, test } from 'vitest'
import { RefusalLimit } from './refusal-limit.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

function after(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000)
}

function takeMany(limit: RefusalLimit, times: number): (number | undefined)[] {
  return Array.from({ length: times }, () => limit.take(700016, NOW))
}

test('ten a minute of one number are written, and the next after that tells how many were not', () => {
  const limit = new RefusalLimit()
  expect(takeMany(limit, 13)).toEqual([...Array(10).fill(0), ...Array(3).fill(undefined)])
  expect(limit.take(700016, after(59.9))).toBeUndefined()
  expect(limit.take(700016, after(60))).toBe(4)
  expect(limit.take(700016, after(60))).toBe(0)
})

test('one number takes no rows from another', () => {
  const limit = new RefusalLimit()
  takeMany(limit, 20)
  expect(limit.take(700027, NOW)).toBe(0)
})

test('a clock that is set back by an hour does not keep refusals out for an hour', () => {
  const limit = new RefusalLimit()
  takeMany(limit, 11)
  expect(limit.take(700016, after(-3600))).toBe(1)
})
