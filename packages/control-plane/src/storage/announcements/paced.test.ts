import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createPaced } from './paced.ts'

beforeEach(() => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
})

/** Work that counts how often it was done. */
function countedWork() {
  const work = vi.fn(async () => {})
  return { work, paced: createPaced(work), done: () => work.mock.calls.length }
}

test('the first wish is fulfilled at once, and all that come within a second of it by one more', () => {
  const { paced, done } = countedWork()
  paced.wish()
  expect(done()).toBe(1)
  for (let wishes = 0; wishes < 1_000; wishes += 1) paced.wish()
  expect(done()).toBe(1)
  vi.advanceTimersByTime(1_000)
  expect(done()).toBe(2)
})

test('without a wish nothing is done', () => {
  const { paced, done } = countedWork()
  paced.wish()
  vi.advanceTimersByTime(3_600_000)
  expect(done()).toBe(1)
  paced.wish()
  expect(done()).toBe(2)
})

test('work that fails is done again at the next wish', () => {
  const { work, paced, done } = countedWork()
  work.mockRejectedValueOnce(new Error('the database is away'))
  paced.wish()
  vi.advanceTimersByTime(1_000)
  paced.wish()
  expect(done()).toBe(2)
})

test('what is still wished at the end is done before it, and nothing afterwards', async () => {
  const { paced, done } = countedWork()
  paced.wish()
  paced.wish()
  await paced.close()
  expect(done()).toBe(2)
  paced.wish()
  vi.advanceTimersByTime(3_600_000)
  expect(done()).toBe(2)
})
