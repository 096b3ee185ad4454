import { expect, test } from 'vitest'
import { type Ask, TokenCache } from './token-cache.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A clock that a test moves, and a source that counts. */
function trial(life = HOUR) {
  const clock = { time: 1_800_000_000_000 }
  const state = {
    asked: 0,
    failure: undefined as Error | undefined,
    until: Promise.resolve(),
    pause: Promise.withResolvers<void>(),
    life,
  }
  const held = new TokenCache().at('a place')
  const ask: Ask = async () => {
    state.asked += 1
    const number = state.asked
    await state.until
    if (state.failure) throw state.failure
    return { accessToken: `token-${number}`, expiresAt: clock.time + state.life }
  }
  const now = () => clock.time
  const clocks = { now, wait: () => state.pause.promise }
  return {
    state,
    held,
    pass: (milliseconds: number) => {
      clock.time += milliseconds
    },
    get: async (key = 'a') => (await held.get(key, clocks, ask)).token,
    renew: async (key = 'a') => (await held.renew(key, clocks, ask)).token,
    ready: async (key = 'a') => (await held.ready(key, clock.time))?.token,
  }
}

/** Lets what was started behind come to its end. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('a token is asked for once, and answered until it is to be asked for anew', async () => {
  const { get, ready, pass, state } = trial()
  expect(await ready()).toBeUndefined()
  expect(await get()).toBe('token-1')
  pass(49 * MINUTE)
  expect(await get()).toBe('token-1')
  expect(await ready()).toBe('token-1')
  expect(state.asked).toBe(1)
})

test('ten minutes before the end it is answered at once and asked for anew behind, by one request', async () => {
  const { get, ready, pass, state } = trial()
  await get()
  pass(51 * MINUTE)
  expect(await ready()).toBeUndefined()
  expect(await Promise.all([get(), get(), get()])).toEqual(['token-1', 'token-1', 'token-1'])
  await settled()
  expect(state.asked).toBe(2)
  expect(await get()).toBe('token-2')
})

test('a token of a day is asked for anew at half of its life', async () => {
  const { get, pass } = trial(24 * HOUR)
  await get()
  pass(12 * HOUR - 1)
  await get()
  await settled()
  expect(await get()).toBe('token-1')
  pass(1)
  await get()
  await settled()
  expect(await get()).toBe('token-2')
})

test('one that has five minutes left counts as expired: the caller waits for the next', async () => {
  const { get, pass } = trial()
  await get()
  pass(55 * MINUTE)
  expect(await get()).toBe('token-2')
})

test('the old token is kept while asking fails, and that not more often than every half minute', async () => {
  const { get, pass, state } = trial()
  await get()
  state.failure = new Error('away')
  pass(51 * MINUTE)
  for (let call = 0; call < 5; call += 1) {
    expect(await get()).toBe('token-1')
    await settled()
  }
  expect(state.asked).toBe(2)
  pass(30_000)
  expect(await get()).toBe('token-1')
  await settled()
  expect(state.asked).toBe(3)
})

test('while asking fails it is answered until half a minute before its end, and then the failure is', async () => {
  const { get, pass, state } = trial()
  await get()
  state.failure = new Error('away')
  pass(59 * MINUTE)
  expect(await get()).toBe('token-1')
  pass(30_000)
  await expect(get()).rejects.toThrow('away')
  state.failure = undefined
  expect(await get()).toMatch(/^token-/)
})

test('while asking takes long it is answered, and who asks next waits for the same request', async () => {
  const { get, pass, state } = trial()
  await get()
  const answered = Promise.withResolvers<void>()
  state.until = answered.promise
  pass(56 * MINUTE)
  const waiting = [get(), get()]
  state.pause.resolve()
  expect(await Promise.all(waiting)).toEqual(['token-1', 'token-1'])
  answered.resolve()
  await settled()
  expect(await get()).toBe('token-2')
  expect(state.asked).toBe(2)
})

test('an endpoint that gives the same token until it ends is not asked at each call', async () => {
  const { get, pass, state } = trial()
  await get()
  state.life = 8 * MINUTE
  pass(52 * MINUTE)
  await get()
  await settled()
  for (let call = 0; call < 5; call += 1) await get()
  await settled()
  expect(state.asked).toBe(2)
})

test('a token that has little left when it comes is given, and asked for again half a minute later', async () => {
  const { get, pass, state } = trial(4 * MINUTE)
  expect(await get()).toBe('token-1')
  expect(await get()).toBe('token-1')
  pass(30_000)
  expect(await get()).toBe('token-2')
  expect(state.asked).toBe(2)
})

test('a token of less than a minute is asked for anew half a minute before its end, not after it', async () => {
  const { get, ready, pass, state } = trial(40_000)
  await get()
  pass(9999)
  expect(await ready()).toBe('token-1')
  pass(1)
  expect(await ready()).toBeUndefined()
  state.failure = new Error('away')
  await expect(get()).rejects.toThrow('away')
})

test('one that could not be had anew is asked for again before the held one ends', async () => {
  const { get, ready, pass, state } = trial(80_000)
  await get()
  state.failure = new Error('away')
  pass(45_000)
  expect(await get()).toBe('token-1')
  pass(5000)
  expect(await ready()).toBeUndefined()
})

test('a failure is not held: the next caller asks again', async () => {
  const { get, state } = trial()
  state.failure = new Error('away')
  await expect(Promise.all([get(), get()])).rejects.toThrow('away')
  expect(state.asked).toBe(1)
  state.failure = undefined
  expect(await get()).toBe('token-2')
})

test('each key has a token of its own', async () => {
  const { get } = trial()
  expect([await get('a'), await get('b'), await get('a')]).toEqual(['token-1', 'token-2', 'token-1'])
})

test('a refused token is replaced at once, whatever life it has left', async () => {
  const { get, renew } = trial()
  await get()
  expect(await renew()).toBe('token-2')
  expect(await get()).toBe('token-2')
})

test('tokens of a place are shared by all who know it, and places share none', async () => {
  const cache = new TokenCache()
  expect(cache.at('a')).toBe(cache.at('a'))
  expect(cache.at('a')).not.toBe(cache.at('b'))
})

test('an answer cannot be changed by who gets it', async () => {
  const held = new TokenCache().at('a')
  const clock = { now: () => 0, wait: async () => {} }
  const token = await held.get('a', clock, async () => ({ accessToken: 't', expiresAt: HOUR }))
  expect(() => {
    token.token = 'another'
  }).toThrow(TypeError)
})

test('no more than 4096 tokens are held; the oldest goes first', async () => {
  const { get, ready, state } = trial()
  for (let key = 0; key < 4097; key += 1) await get(String(key))
  expect(await ready('0')).toBeUndefined()
  expect(await ready('1')).toBe('token-2')
  expect(state.asked).toBe(4097)
})
