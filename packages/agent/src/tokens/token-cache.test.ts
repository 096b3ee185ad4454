import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import { CACHED_TOKENS_MAX, cachedToken, remainingMs, servedToken, TokenCache } from './token-cache.ts'

const WANTED = { identity: IDENTITY, audience: 'https://vault.azure.net', sharer: 'one' }

function receive(clock: FakeClock, expiresInSeconds = 3600) {
  return cachedToken({ accessToken: 'token', expiresInSeconds }, WANTED, clock)
}

test('a token is served with what is left of it', () => {
  const clock = new FakeClock()
  const receivedAt = clock.now() / 1000
  const token = receive(clock)
  clock.pass(100.25)
  expect(servedToken(token, clock)).toEqual({
    accessToken: 'token',
    expiresInSeconds: 3499,
    expiresOn: receivedAt + 3600,
    notBefore: receivedAt - 300,
  })
})

test('a clock that was set back makes no token live longer, and clients see an end by the new clock', () => {
  const clock = new FakeClock()
  const token = receive(clock)
  clock.pass(600)
  clock.set(-86_400)
  expect(remainingMs(token, clock)).toBe(3_000_000)
  const served = servedToken(token, clock)
  expect(served.expiresOn).toBe(clock.now() / 1000 + 3000)
  expect(served.notBefore).toBeLessThanOrEqual(clock.now() / 1000)
})

test('a clock that was set forward ends a token', () => {
  const clock = new FakeClock()
  const token = receive(clock)
  clock.set(3600)
  expect(remainingMs(token, clock)).toBe(0)
})

test('a token ages while the machine sleeps', () => {
  const clock = new FakeClock()
  const token = receive(clock)
  clock.sleep(3000)
  expect(remainingMs(token, clock)).toBe(600_000)
})

test('however the clocks go, what is left never exceeds the life, and both figures of the answer agree', () => {
  const move = fc.tuple(
    fc.constantFrom('pass' as const, 'set' as const),
    fc.integer({ min: -5000, max: 5000 }),
  )
  fc.assert(
    fc.property(fc.array(move, { maxLength: 8 }), (moves) => {
      const clock = new FakeClock()
      const token = receive(clock)
      for (const [kind, seconds] of moves) clock[kind](kind === 'pass' ? Math.abs(seconds) : seconds)
      const served = servedToken(token, clock)
      expect(served.expiresInSeconds).toBeLessThanOrEqual(3600)
      expect(Math.abs(served.expiresOn - clock.now() / 1000 - served.expiresInSeconds)).toBeLessThanOrEqual(6)
    }),
  )
})

test('the least recently used of 1,001 tokens goes first', () => {
  const clock = new FakeClock()
  const cache = new TokenCache()
  for (let index = 0; index < CACHED_TOKENS_MAX; index += 1) cache.set(`${index}`, receive(clock))
  expect(cache.get('0')).toBeDefined()
  cache.set('1', receive(clock))
  cache.set('new', receive(clock))
  expect(cache.size).toBe(CACHED_TOKENS_MAX)
  expect(cache.get('2')).toBeUndefined()
  for (const name of ['0', '1', '3', 'new']) expect(cache.get(name)).toBeDefined()
})

test('a user with very many tokens pushes out none of another user', () => {
  const clock = new FakeClock()
  const cache = new TokenCache()
  cache.set('mine', receive(clock))
  for (let index = 0; index < 2 * CACHED_TOKENS_MAX; index += 1) {
    cache.set(`${index}`, { ...receive(clock), sharer: 'another' })
  }
  expect(cache.size).toBe(CACHED_TOKENS_MAX)
  expect(cache.get('mine')).toBeDefined()
})

test('tokens are forgotten one by one and all at once', () => {
  const cache = new TokenCache()
  const clock = new FakeClock()
  for (const name of ['a', 'b', 'c']) cache.set(name, receive(clock))
  cache.delete('a')
  expect([...cache.values()]).toHaveLength(2)
  cache.clear()
  expect(cache.size).toBe(0)
  expect(cache.get('b')).toBeUndefined()
})
