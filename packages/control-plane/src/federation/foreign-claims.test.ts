import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import type { JWTPayload } from 'jose'
import { expect, test } from 'vitest'
import { audienceOf, checkForeignTimes } from './foreign-claims.ts'

const NOW = 1_800_000_000
const DAY = 86_400
const GOOD = { iat: NOW, exp: NOW + 600 }

const refused = (code: string) => expect.objectContaining({ code })

test.each([
  ['made now', GOOD],
  ['made as far ahead as clocks may differ', { iat: NOW + CLOCK_SKEW_SECONDS, exp: NOW + 900 }],
  ['ended a moment less ago than that', { iat: NOW - 600, exp: NOW - CLOCK_SKEW_SECONDS + 0.5 }],
  ['good for a day, and as long as clocks may differ', { iat: NOW, exp: NOW + DAY + CLOCK_SKEW_SECONDS }],
  ['with fractions', { iat: NOW - 0.25, exp: NOW + 0.25, nbf: NOW - 0.5 }],
])('a token %s is good', (_, claims) => {
  expect(() => checkForeignTimes(claims, NOW)).not.toThrow()
})

test.each([
  ['made further ahead', { iat: NOW + CLOCK_SKEW_SECONDS + 1, exp: NOW + 900 }],
  ['that begins further ahead', { ...GOOD, nbf: NOW + CLOCK_SKEW_SECONDS + 1 }],
  ['that ended just so long ago', { iat: NOW - 600, exp: NOW - CLOCK_SKEW_SECONDS }],
])('a token %s is out of time', (_, claims) => {
  expect(() => checkForeignTimes(claims, NOW)).toThrow(refused('assertion_out_of_time'))
})

test.each([
  ['good for longer than a day', { iat: NOW, exp: NOW + DAY + CLOCK_SKEW_SECONDS + 1 }],
  ['without an end', { iat: NOW }],
  ['without a beginning', { exp: NOW + 600 }],
  ['with an end in words', { iat: NOW, exp: String(NOW + 600) }],
  ['that never ends', { iat: NOW, exp: Number.POSITIVE_INFINITY }],
  ['with a beginning that is nothing', { ...GOOD, nbf: Number.NaN }],
])('a token %s is malformed', (_, claims) => {
  expect(() => checkForeignTimes(claims as JWTPayload, NOW)).toThrow(refused('federation_malformed'))
})

test.each([
  ['a', 'a'],
  [['a'], 'a'],
  [['a', 'b'], undefined],
  [[], undefined],
  [[1], undefined],
  [1, undefined],
  [null, undefined],
  [undefined, undefined],
  [{ a: 1 }, undefined],
])('the one audience of %j is %j', (aud, expected) => {
  expect(audienceOf(aud)).toBe(expected)
})
