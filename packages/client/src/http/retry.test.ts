import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClientError } from '../errors.ts'
import type { Answer } from './http.ts'
import { askUntilSettled, pauseAfter, type RetryRules } from './retry.ts'

const NOW = Date.UTC(2026, 10, 27, 12, 0, 0)

function answer(status: number, headers: Answer['headers'] = {}): Answer {
  return { status, headers, body: '{}' }
}

/** What happens to a request: a status, or an error. */
type Outcome = number | Error

/** What is tried, by a clock that moves only with the requests and the pauses. */
interface Trial {
  outcomes: Outcome[]
  /** Of every request after those. */
  finally?: Outcome
  headers?: Answer['headers']
  /** How long each request takes. */
  takes?: number
}

async function trial(
  { outcomes, finally: last = 200, headers = {}, takes = 0 }: Trial,
  rules: RetryRules = {},
) {
  const waited: number[] = []
  let asked = 0
  let time = 0
  const ask = async () => {
    const outcome = outcomes[asked] ?? last
    asked += 1
    time += takes
    if (outcome instanceof Error) throw outcome
    return answer(outcome, headers)
  }
  const clock = {
    now: () => NOW,
    monotonic: () => time,
    wait: async (milliseconds: number) => {
      waited.push(milliseconds)
      time += milliseconds
    },
  }
  const { status, error } = await askUntilSettled(ask, clock, rules).then(
    (settled) => ({ status: settled.status, error: undefined }),
    (caught: unknown) => ({ status: undefined, error: caught }),
  )
  return { status, error, asked, waited, time }
}

async function ask(statuses: number[], starting = false, headers: Answer['headers'] = {}) {
  return trial({ outcomes: statuses, headers }, { starting })
}

function silent(code?: string, cause = code && Object.assign(new Error('x'), { code })): ClientError {
  return new ClientError('endpoint_silent', 'here', { cause })
}

const CUT = new ClientError('answer_malformed', 'here', { cause: new Error('aborted') })
const REFUSED = silent('ECONNREFUSED')

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

test('410 is waited for at least 70 seconds, and not for ever', async () => {
  const { status, time } = await trial({ outcomes: [], finally: 410 })
  expect(status).toBe(410)
  expect(time).toBeGreaterThanOrEqual(70_000)
  expect(time).toBeLessThanOrEqual(90_000)
})

test('an endpoint that fails is asked again after about one, two and three seconds', async () => {
  const { waited } = await trial({ outcomes: [], finally: 500 })
  const nearest = waited.map((pause) =>
    [800, 1600, 3200].find((usual) => Math.abs(pause - usual) <= usual / 5),
  )
  expect(nearest).toEqual([800, 1600, 3200])
})

test('a path that is unknown stays so, unless a metadata service may be starting', async () => {
  expect(await trial({ outcomes: [404] })).toMatchObject({ status: 404, asked: 1 })
})

test.each([
  ['5', 5000],
  ['Fri, 27 Nov 2026 12:00:09 GMT', 9000],
  ['86400', 60_000],
  ['Fri, 27 Nov 2099 12:00:00 GMT', 60_000],
])('Retry-After %j asks for %j milliseconds', (value, expected) => {
  expect(pauseAfter({ status: 503, headers: { 'retry-after': value } }, 1, false, NOW)).toBe(expected)
})

test.each([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH'],
  ...['ConnectionRefused', 'ConnectionClosed', undefined],
])('a service that is silent by %s is asked again', async (code) => {
  expect(await trial({ outcomes: [silent(code), silent(code)] })).toMatchObject({ status: 200, asked: 3 })
})

test('an answer that was cut short is asked for again', async () => {
  expect(await trial({ outcomes: [CUT] })).toMatchObject({ status: 200, asked: 2 })
})

test.each([
  silent('CERT_HAS_EXPIRED'),
  silent('DEPTH_ZERO_SELF_SIGNED_CERT'),
  silent('HPE_INVALID_CONSTANT'),
  silent('ERR_PROXY_TUNNEL'),
  new ClientError('answer_malformed', 'here'),
  new ClientError('redirect_refused', 'here'),
  new ClientError('certificate_mismatch', 'here'),
  new TypeError('x'),
])('%s does not pass by itself, and is said at once', async (error) => {
  expect(await trial({ outcomes: [error] })).toMatchObject({ error, asked: 1, waited: [] })
})

test('a service that stays silent is waited for from 5 to 7 seconds, and never for longer than one at once', async () => {
  const { error, waited, time } = await trial({ outcomes: [], finally: REFUSED })
  expect(error).toBe(REFUSED)
  expect(time).toBeGreaterThanOrEqual(5000)
  expect(time).toBeLessThanOrEqual(7000)
  expect(Math.max(...waited)).toBeLessThanOrEqual(1200)
  expect(waited[0]).toBeLessThanOrEqual(240)
})

test('a request that was itself waited for long is not sent again', async () => {
  expect(await trial({ outcomes: [], finally: silent(), takes: 30_000 })).toMatchObject({ asked: 1 })
})

test('a guess is not waited for', async () => {
  expect(await trial({ outcomes: [REFUSED] }, { guessed: true })).toMatchObject({ error: REFUSED, asked: 1 })
})

test('a service that starts and is not ready yet has all its tries from then on', async () => {
  const outcomes = [...Array(4).fill(REFUSED), 503, 503, 503]
  expect(await trial({ outcomes })).toMatchObject({ status: 200, asked: 8 })
})

test('one that answers, stops and starts again is waited for anew', async () => {
  const { status, time } = await trial({
    outcomes: [...Array(6).fill(REFUSED), 503, ...Array(6).fill(REFUSED)],
  })
  expect(status).toBe(200)
  expect(time).toBeGreaterThan(7000)
})

test('nothing is asked again that would not come in time', async () => {
  expect(await trial({ outcomes: [503] }, { withinMs: 500 })).toMatchObject({
    status: 503,
    asked: 1,
    waited: [],
  })
  const { error, time } = await trial({ outcomes: [], finally: REFUSED }, { withinMs: 1000 })
  expect(error).toBe(REFUSED)
  expect(time).toBeLessThanOrEqual(1000)
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
