import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answer } from './http.ts'
import { askUntilSettled, pauseAfter, readRetryAfter } from './retry.ts'

const NOW = Date.UTC(2026, 10, 27, 12, 0, 0)

function answer(status: number, headers: Answer['headers'] = {}): Answer {
  return { status, headers, body: '{}' }
}

/** Asks an endpoint that answers so, and tells how long it waited between. */
async function ask(statuses: number[], starting = false, headers: Answer['headers'] = {}) {
  const waited: number[] = []
  let asked = 0
  const { status } = await askUntilSettled(
    async () => answer(statuses[asked++] ?? 200, headers),
    { now: () => NOW, wait: async (milliseconds) => void waited.push(milliseconds) },
    { starting },
  )
  return { status, asked, waited }
}

test.each([408, 429, 500, 502, 503, 504])('%i is asked for again', async (status) => {
  expect(await ask([status])).toMatchObject({ status: 200, asked: 2 })
})

test.each([200, 301, 400, 401, 403, 404, 405])('%i stays', async (status) => {
  expect(await ask([status, 200])).toMatchObject({ status, asked: 1 })
})

test.each([404, 410])('%i is asked for again where a metadata service may be starting', async (status) => {
  expect(await ask([status], true)).toMatchObject({ status: 200, asked: 2 })
})

test('after four tries the answer stays, and each pause is longer', async () => {
  const { status, asked, waited } = await ask([503, 503, 503, 503, 503])
  expect([status, asked]).toEqual([503, 4])
  expect(waited).toEqual([...waited].sort((a, b) => a - b))
})

test('410 is waited for at least 70 seconds', async () => {
  const { waited } = await ask(Array(20).fill(410), true)
  expect(waited.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(70_000)
})

test.each([
  ['5', 5000],
  [' 7 ', 7000],
  ['Fri, 27 Nov 2026 12:00:09 GMT', 9000],
  ['86400', 60_000],
  ['Fri, 27 Nov 2099 12:00:00 GMT', 60_000],
  ['Fri, 27 Nov 2020 12:00:00 GMT', undefined],
  ['0', undefined],
  ['-1', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %j asks for %j milliseconds', (value, expected) => {
  expect(readRetryAfter(value, NOW)).toBe(expected)
})

test('Retry-After is kept', async () => {
  const { waited } = await ask([503], false, { 'retry-after': '9' })
  expect(waited[0]).toBeGreaterThanOrEqual(9000)
})

test('whatever a server says, a pause is positive and at most a minute', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 599 }),
      fc.string(),
      fc.integer({ min: 1, max: 12 }),
      (status, text, tries) => {
        const pause = pauseAfter(answer(status, { 'retry-after': text }), tries, true, NOW)
        return pause === undefined || (pause > 0 && pause <= 60_000)
      },
    ),
  )
})
