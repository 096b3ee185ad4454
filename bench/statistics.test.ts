import { expect, test } from 'vitest'
import { quantile, spreadOf } from './statistics.ts'

test.each([
  [[5], 0.5, 5],
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 2, 3], 0.5, 2.5],
  [[10, 9, 100], 0.99, 98.2],
  [[1, 2, 3], 0, 1],
  [[1, 2, 3], 1, 3],
])('of %j the share %d lies below %d', (values, at, expected) => {
  expect(quantile(values, at)).toBeCloseTo(expected)
})

test('a spread is the median between the least and the greatest', () => {
  expect(spreadOf([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100 })
})

test('nothing has no quantile', () => {
  expect(() => quantile([], 0.5)).toThrow(RangeError)
})
