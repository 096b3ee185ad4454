import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSpentTicketKey, nextTicketKeyBegins, ticketKeyAt } from './ticket-key-schedule.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const at = (...times: number[]) => times.map((beginsAt) => ({ beginsAt }))

test.each([
  ['there is none', at(), 100, 100],
  ['the only one was made by a clock that is ahead', at(2 * HOUR), HOUR, undefined],
  ['it has just begun', at(0), MINUTE, undefined],
  ['its term is not yet near its end', at(0), 6 * HOUR - 5 * MINUTE - 1, undefined],
  ['its term ends soon', at(0), 6 * HOUR - 5 * MINUTE, 6 * HOUR],
  ['its term is over', at(0), 9 * HOUR, 9 * HOUR],
  ['the next one is there', at(0, 6 * HOUR), 6 * HOUR - MINUTE, undefined],
])('if %s, the next key begins when it must', (_, keys, time, expected) => {
  expect(nextTicketKeyBegins(keys, time)).toBe(expected)
})

test('the key that is used is the last whose time has come, and those before it are spent', () => {
  const keys = at(0, 6 * HOUR, 12 * HOUR)
  expect(ticketKeyAt(keys, 7 * HOUR)).toEqual({ beginsAt: 6 * HOUR })
  expect(keys.map((key) => isSpentTicketKey(key, keys, 7 * HOUR))).toEqual([true, false, true])
  expect(keys.map((key) => isSpentTicketKey(key, keys, 11 * HOUR))).toEqual([true, false, false])
})

test('a replica whose clock is a moment behind uses the key that another has made', () => {
  expect(ticketKeyAt(at(2 * HOUR, HOUR), HOUR - 1)).toEqual({ beginsAt: HOUR })
})

test('whenever replicas look, one key is used that is no older than its term', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 10 * HOUR }), { maxLength: 40 }), (pauses) => {
      let time = 0
      let keys = at()
      for (const pause of pauses) {
        time += pause
        keys = keys.filter((key) => !isSpentTicketKey(key, keys, time))
        const begins = nextTicketKeyBegins(keys, time)
        if (begins !== undefined) keys = [...keys, ...at(begins)]
        const present = ticketKeyAt(keys, time)
        expect(present && time - present.beginsAt).toBeLessThan(6 * HOUR)
        expect(keys.length).toBeLessThanOrEqual(3)
      }
    }),
  )
})
