import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  newestOf,
  nextStart,
  publishedAt,
  publishedUntil,
  signingAt,
  startAhead,
  successorStart,
} from './signing-key-schedule.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

/** The keys after `days` days on which the schedule was looked at as often as `steps` say. */
function run(steps: readonly number[], rotationDays: number) {
  const keys: { signsFrom: number; publishedUntil: number | null; madeAt: number }[] = []
  let time = 0
  const signed: { at: number; signsFrom: number }[] = []
  for (const step of [0, ...steps]) {
    time += step
    const signsFrom = successorStart(keys, time, rotationDays)
    if (signsFrom !== undefined) {
      for (const key of keys) key.publishedUntil ??= publishedUntil(signsFrom)
      keys.push({ signsFrom, publishedUntil: null, madeAt: time })
    }
    signed.push({ at: time, signsFrom: signingAt(keys, time)?.signsFrom ?? Number.NaN })
  }
  return { keys, signed }
}

test('however seldom it is looked at: a key is published a day before it signs, and until its last token has ended', () => {
  const steps = fc.array(
    fc.integer({ min: 1, max: 100 * 24 }).map((hours) => hours * HOUR),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(steps, fc.integer({ min: 2, max: 60 }), (times, days) => {
      const { keys, signed } = run(times, days)
      for (const key of keys.slice(1)) expect(key.signsFrom - key.madeAt).toBeGreaterThanOrEqual(DAY)
      for (const { at, signsFrom } of signed) {
        const key = keys.find((one) => one.signsFrom === signsFrom)
        const lastTokenEnds = at + DAY
        expect(key && publishedAt([key], lastTokenEnds + HOUR)).toEqual([key])
      }
    }),
  )
})

test('a key is made a day before the last one has signed for its time', () => {
  const keys = [{ signsFrom: 0, publishedUntil: null }]
  expect(successorStart(keys, 29 * DAY - 1, 30)).toBeUndefined()
  expect(successorStart(keys, 29 * DAY, 30)).toBe(30 * DAY)
  expect(successorStart(keys, 40 * DAY, 30)).toBe(startAhead(40 * DAY))
})

test('the next rotation is the start of the next key that is made, else the end of the newest', () => {
  const keys = [
    { signsFrom: 10, publishedUntil: null },
    { signsFrom: 5, publishedUntil: 20 },
  ]
  expect(nextStart(keys, 9, 30)).toBe(10)
  expect(nextStart(keys, 10, 30)).toBe(10 + 30 * DAY)
  expect(nextStart([], 10, 30)).toBeUndefined()
})

test('a key that does not sign yet is published, and the one before it signs', () => {
  const keys = [
    { signsFrom: 10, publishedUntil: null },
    { signsFrom: 5, publishedUntil: 20 },
  ]
  expect(signingAt(keys, 9)?.signsFrom).toBe(5)
  expect(signingAt(keys, 10)?.signsFrom).toBe(10)
  expect(publishedAt(keys, 9).map(({ signsFrom }) => signsFrom)).toEqual([5, 10])
  expect(publishedAt(keys, 20).map(({ signsFrom }) => signsFrom)).toEqual([10])
  expect(newestOf(keys)?.signsFrom).toBe(10)
})

test('with the clock set back before the first key, the first key signs', () => {
  const keys = [
    { signsFrom: 7, publishedUntil: null },
    { signsFrom: 5, publishedUntil: null },
  ]
  expect(signingAt(keys, 1)?.signsFrom).toBe(5)
})
