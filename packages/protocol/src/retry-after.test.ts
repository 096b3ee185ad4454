import { expect, test } from 'vitest'
import { readRetryAfter } from './retry-after.ts'

const NOW = Date.UTC(2026, 10, 27, 12)

test.each([
  ['5', 5],
  [' 7 ', 7],
  ['2.5', 3],
  ['86400', 86_400],
  ['Fri, 27 Nov 2026 12:00:09 GMT', 9],
  ['Friday, 27-Nov-26 12:00:09 GMT', 9],
  ['Fri Nov 27 12:00:09 2026 GMT', 9],
  ['Fri, 27 Nov 2020 12:00:00 GMT', undefined],
  ['0', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  ['Infinity', undefined],
  ['9'.repeat(40), undefined],
  // Dates to JavaScript, and to nobody else.
  ['2099', 2099],
  ['2099-01-01', undefined],
  ['in May 2099', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %j asks for %j seconds', (value, expected) => {
  expect(readRetryAfter({ 'retry-after': value }, NOW)).toBe(expected)
})

test('a date is counted from the clock of who named it', () => {
  const headers = { 'retry-after': 'Fri, 27 Nov 2026 09:01:00 GMT', date: 'Fri, 27 Nov 2026 09:00:30 GMT' }
  expect(readRetryAfter(headers, NOW)).toBe(30)
  expect(readRetryAfter({ ...headers, date: 'yesterday' }, Date.UTC(2026, 10, 27, 9))).toBe(60)
})

test('two headers of one name ask for nothing', () => {
  expect(readRetryAfter({ 'retry-after': ['5', '6'] }, NOW)).toBeUndefined()
})
