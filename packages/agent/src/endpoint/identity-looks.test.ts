import { afterEach, expect, test, vi } from 'vitest'
import { IdentityLooks } from './identity-looks.ts'

afterEach(() => void vi.useRealTimers())

test('a user who fills its places keeps no other user from one', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const looks = new IdentityLooks(() => promise)
  const held = Array.from({ length: 8 }, () => looks.wait('user 1001'))
  await expect(looks.wait('user 1001')).rejects.toMatchObject({
    code: 'endpoint_throttled',
    retryAfterSeconds: 2,
  })
  const other = looks.wait('user 1002')
  resolve(true)
  expect(await Promise.all([...held, other])).toEqual(Array(9).fill(true))
  expect(await looks.wait('user 1001')).toBe(true)
})

test('all users together do not fill the connections of an endpoint', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const looks = new IdentityLooks(() => promise)
  const held = Array.from({ length: 64 }, (_, user) => looks.wait(`user ${user}`))
  await expect(looks.wait('user 2000')).rejects.toMatchObject({ code: 'endpoint_throttled' })
  resolve(false)
  expect(await Promise.all(held)).toEqual(Array(64).fill(false))
})

test('who waits is not kept for longer than a client waits', async () => {
  vi.useFakeTimers()
  const waiting = new IdentityLooks(() => new Promise(() => {})).wait('user 1001')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await waiting).toBe(false)
})

test('where nothing can be asked, what is known is all', async () => {
  expect(await new IdentityLooks(undefined).wait('user 1001')).toBe(true)
})
