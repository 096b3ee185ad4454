import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { FakeSource, IDENTITY } from '../../../../test/agent/fake-source.ts'
import type { PauseOptions } from './pause.ts'
import { createPausedSource, ENTRA_PAUSE_MAX_SECONDS } from './paused-source.ts'
import { SourceError, type SourceFailure, type TokenSource } from './source.ts'

const NEVER = new AbortController().signal

function setUp(maxSeconds: PauseOptions['maxSeconds'] = {}) {
  const clock = new FakeClock()
  const source = new FakeSource()
  const paused = createPausedSource(source, { clock, maxSeconds })
  const ask = (audience = 'a') => paused.getToken(IDENTITY, audience, NEVER)
  return { clock, source, paused, ask }
}

test.each<[SourceFailure, number | undefined, number]>([
  ['unavailable', undefined, 1],
  ['unavailable', 7, 7],
  ['unavailable', 3600, 300],
  ['throttled', 3600, 3600],
  ['throttled', 999_999, 3600],
])('after %s with %s seconds to wait nothing is asked for %i seconds', async (failure, told, wait) => {
  const { clock, source, ask } = setUp(ENTRA_PAUSE_MAX_SECONDS)
  source.failure = failure
  source.retryAfterSeconds = told
  await expect(ask()).rejects.toMatchObject({ failure, retryAfterSeconds: wait, isPause: false })
  clock.pass(wait - 0.5)
  await expect(ask('b')).rejects.toMatchObject({ failure, retryAfterSeconds: 1, isPause: true })
  expect(source.asked).toHaveLength(1)
  clock.pass(0.5)
  source.failure = undefined
  expect(await ask('b')).toMatchObject({ accessToken: 'token-2-for-b' })
})

test('a control plane that asks to wait for an hour is asked again after five minutes', async () => {
  const { source, ask } = setUp()
  source.failure = 'throttled'
  source.retryAfterSeconds = 3600
  await expect(ask()).rejects.toMatchObject({ retryAfterSeconds: 300 })
})

test('what is definite makes nobody wait', async () => {
  const { source, ask } = setUp()
  for (const failure of ['refused', 'unassigned', 'identity_refused', 'resource_refused'] as const) {
    source.failure = failure
    await expect(ask()).rejects.toMatchObject({ failure, isPause: false })
  }
  expect(source.asked).toHaveLength(4)
})

test('one authority that asks to wait stops no other', async () => {
  const clock = new FakeClock()
  const [slow, well] = [new FakeSource(), new FakeSource()]
  const [first, second] = [slow, well].map((source) => createPausedSource(source, { clock }))
  slow.failure = 'throttled'
  slow.retryAfterSeconds = 60
  await expect(first?.getToken(IDENTITY, 'a', NEVER)).rejects.toMatchObject({ failure: 'throttled' })
  expect(await second?.getToken(IDENTITY, 'a', NEVER)).toMatchObject({ accessToken: 'token-1-for-a' })
})

test('who asked gives up at its own signal, whether the source listens or not', async () => {
  const { source, paused } = setUp()
  source.gate = new Promise(() => {})
  const gone = new AbortController()
  const asked = paused.getToken(IDENTITY, 'a', gone.signal)
  gone.abort()
  await expect(asked).rejects.toMatchObject({ failure: 'unavailable' })
})

test('who has given up already waits for nothing', async () => {
  const { source, paused } = setUp()
  source.gate = new Promise(() => {})
  await expect(paused.getToken(IDENTITY, 'a', AbortSignal.abort())).rejects.toMatchObject({
    failure: 'unavailable',
  })
})

test('what is told in a pause is why it is one', async () => {
  const reason = { message: 'set the clock' }
  const failing: TokenSource = {
    getToken: async () => {
      throw new SourceError('unavailable', 'the test says so', { reason, cause: 'a cause', isPause: true })
    },
    close: () => {},
  }
  const paused = createPausedSource(failing, { clock: new FakeClock() })
  for (const isPause of [true, true]) {
    await expect(paused.getToken(IDENTITY, 'a', NEVER)).rejects.toMatchObject({
      ...{ message: 'the test says so', reason, cause: 'a cause', isPause },
    })
  }
})

test('a token ends the pause, and the next failure begins a new one', async () => {
  const { clock, source, ask } = setUp()
  source.failure = 'unavailable'
  await expect(ask()).rejects.toMatchObject({ isPause: false })
  clock.pass(1)
  source.failure = undefined
  await ask()
  source.failure = 'unavailable'
  await expect(ask()).rejects.toMatchObject({ isPause: false, retryAfterSeconds: 1 })
})

test('a failure that is told again while nothing is asked has the trace id of the one that was asked', async () => {
  const { source, paused, ask } = setUp()
  source.getToken = () => Promise.reject(new SourceError('unavailable', 'm', { traceId: 't' }))
  await expect(ask()).rejects.toMatchObject({ traceId: 't', isPause: false })
  await expect(ask()).rejects.toMatchObject({ traceId: 't', isPause: true })
  paused.close()
})
