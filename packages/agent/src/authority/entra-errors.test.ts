import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { SourceFailure } from '../tokens/source.ts'
import { ENTRA_CODES, explainEntra } from './entra-errors.ts'
import type { HttpsAnswer } from './https-client.ts'

const NOW = Date.parse('2026-11-28T12:00:00Z')
const MINUTE_MS = 60_000

/** The answer of Entra ID with this number, as its documentation shows one. */
function answerOf(code: number, more: object = {}, status = 400): HttpsAnswer {
  const body = {
    error: 'invalid_client',
    error_description: `AADSTS${code}: text of Entra ID`,
    error_codes: [code],
    ...more,
  }
  return { status, headers: {}, body, text: '' }
}

function explain(answer: HttpsAnswer, keyMadeAt?: number) {
  return explainEntra(answer, { now: NOW, keyMadeAt })
}

const DEFINITE = [
  700016, 90002, 7000112, 5000225, 700027, 7000214, 1000502, 50012, 700021, 900382, 7000274, 700223, 700238,
  7002138, 5002738, 700211, 700212, 7002121, 700213, 700222, 700226, 700227,
]
const PASSING = [70021, 70025, 7000272, 700024, 50013, 90061, 50166, 501661]

test.each(DEFINITE)('AADSTS%i takes the tokens of the application away and says what to do', (code) => {
  const error = explain(answerOf(code))
  expect(error.failure).toBe('identity_refused')
  expect(error.reason?.message).toMatch(new RegExp(`^AADSTS${code}: .*[^.]$`))
})

test.each(PASSING)('AADSTS%i may pass and takes nothing away', (code) => {
  expect(explain(answerOf(code))).toMatchObject({
    failure: 'unavailable',
    reason: { message: expect.stringContaining(`AADSTS${code}: `) },
  })
})

test.each<[string, HttpsAnswer, SourceFailure]>([
  ['a loop of requests', answerOf(50196), 'throttled'],
  ['an unknown resource', answerOf(500011, { error: 'invalid_resource' }), 'resource_refused'],
  ['a role that is missing', answerOf(501051, { error: 'unauthorized_client' }), 'resource_refused'],
  ['an unknown number of invalid_client', answerOf(123, {}, 401), 'identity_refused'],
  ['an unknown number of invalid_tenant', answerOf(123, { error: 'invalid_tenant' }), 'identity_refused'],
  ['an unknown number of invalid_scope', answerOf(123, { error: 'invalid_scope' }), 'resource_refused'],
  ['an unknown number of another error', answerOf(123, { error: 'temporarily_unavailable' }), 'unavailable'],
  ['a known number with 503', answerOf(700016, {}, 503), 'unavailable'],
  ['a known number with 429', answerOf(700016, {}, 429), 'throttled'],
  [
    'a number that is the name of a part of every object',
    answerOf(0, { error_codes: ['constructor'] }),
    'identity_refused',
  ],
  ['no number', { status: 403, headers: {}, body: undefined, text: '<html>' }, 'unavailable'],
])('%s is a failure of the right kind, and never of the machine', (_, answer, failure) => {
  expect(explain(answer).failure).toBe(failure)
})

test('a certificate that Entra ID does not know is waited for, a quarter of an hour after it was made', () => {
  const answer = answerOf(700027, {}, 401)
  expect(explain(answer, NOW - 14 * MINUTE_MS)).toMatchObject({ failure: 'unavailable', isKeyRefused: true })
  expect(explain(answer, NOW - 15 * MINUTE_MS)).toMatchObject({
    failure: 'identity_refused',
    isKeyRefused: true,
  })
  expect(explain(answerOf(700016), NOW)).toMatchObject({ failure: 'identity_refused', isKeyRefused: false })
})

test.each([
  ['17', 17],
  ['Sat, 28 Nov 2026 12:01:00 GMT', 60],
  ['Sat, 28 Nov 2026 11:00:00 GMT', undefined],
  ['soon', undefined],
])('Retry-After "%s" is read', (value, retryAfterSeconds) => {
  const headers = { 'retry-after': value }
  expect(explain({ status: 429, headers, body: undefined, text: 'Too Many Requests' })).toMatchObject({
    failure: 'throttled',
    retryAfterSeconds,
  })
})

test('a date is counted from the clock of who named it', () => {
  const headers = { 'retry-after': 'Sat, 28 Nov 2026 09:01:00 GMT', date: 'Sat, 28 Nov 2026 09:00:30 GMT' }
  expect(explain({ status: 429, headers, body: undefined, text: '' }).retryAfterSeconds).toBe(30)
})

test('a refusal that asks for claims says so in the log', () => {
  expect(explain(answerOf(53003, { claims: '{}' })).message).toContain('claims')
})

test('docs/entra.md has every number of the table, and no other', () => {
  const page = readFileSync(new URL('../../../../docs/entra.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
  expect(rows.sort()).toEqual([...ENTRA_CODES].sort())
})
