import { expect, test, vi } from 'vitest'
import { SharedFetch } from './shared-fetch.ts'

test('however many turns come, it is fetched once, at the first of them', async () => {
  const fetch = vi.fn(async () => 'token')
  const shared = new SharedFetch(fetch)
  expect(fetch).not.toHaveBeenCalled()
  await Promise.all([shared.start(), shared.start()])
  await shared.start()
  expect(fetch).toHaveBeenCalledTimes(1)
  expect(await shared.outcome).toBe('token')
})

test('each sharer queues once, and nobody does once it has begun', () => {
  const shared = new SharedFetch(async () => 'token')
  expect([shared.joins('one'), shared.joins('one'), shared.joins('other')]).toEqual([true, false, true])
  void shared.start()
  expect([shared.joins('one'), shared.joins('third')]).toEqual([false, false])
})

test('everybody who waits is told the failure, a turn never is, and none has to wait for it', async () => {
  const failure = new Error('refused')
  const shared = new SharedFetch(() => Promise.reject(failure))
  await shared.start()
  // Here nobody waits: a rejection that is not looked at would end the process.
  await new Promise((resolve) => setImmediate(resolve))
  await expect(shared.outcome).rejects.toBe(failure)
})
