import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { STOP_WITHIN_MILLISECONDS, stopAtLast } from './last-stop.ts'

/** For how long an agent lets its answers finish. */
const AGENT_GRACE_MILLISECONDS = 5000

let notes: string[]
beforeEach(() => {
  notes = []
  vi.useFakeTimers()
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => notes.push(String(text)) > 0)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

test('a stop that fails is one note and no failure', async () => {
  const stop = () => Promise.reject(new AggregateError([], 'the agent did not stop cleanly'))
  await stopAtLast({ stop }, { detach: () => {} })
  expect(notes).toEqual(['landfast: not stopped cleanly: the agent did not stop cleanly\n'])
  expect(vi.getTimerCount()).toBe(0)
})

test('it waits longer than the agent’s own grace, but not for ever', async () => {
  const stop = () => new Promise<void>((resolve) => setTimeout(resolve, AGENT_GRACE_MILLISECONDS + 500))
  const patient = stopAtLast({ stop }, { detach: () => {} })
  await vi.advanceTimersByTimeAsync(AGENT_GRACE_MILLISECONDS + 500)
  await patient
  expect(notes).toEqual([])
  const endless = stopAtLast({ stop: () => new Promise(() => {}) }, { detach: () => {} })
  await vi.advanceTimersByTimeAsync(STOP_WITHIN_MILLISECONDS)
  await endless
  expect(notes).toEqual(['landfast: stopping takes too long; the rest is left as it is\n'])
})

test('another Ctrl-C ends the wait at once', async () => {
  await stopAtLast({ stop: () => new Promise(() => {}) }, { detach: (giveUp) => giveUp() })
  expect(notes).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})
