/**
 * Entries of a group commit that are on their way: those that are there wait for them, so that one commit has all. A commit
 * costs some twenty times what one more entry in it costs.
 *
 * @module
 */

import { clearTimeout, setTimeout } from 'node:timers'

/** No entry waits longer for others: a thread of the pool may be held by something slow. */
const WAIT_MAX_MILLISECONDS = 10

/** What is on its way. */
export interface ExpectedEntries {
  /** Says that one is on its way; the function says that it has come, or never will. */
  expect(): () => void
  /** Resolves when all have come that are on their way now. What is expected later keeps nobody waiting. */
  allCome(): Promise<void>
}

/** Nothing is on its way yet. */
export function createExpectedEntries(waitMilliseconds = WAIT_MAX_MILLISECONDS): ExpectedEntries {
  const expected = new Set<() => void>()
  const waiting = new Set<{ for: Set<() => void>; end(): void }>()

  function expect(): () => void {
    const come = () => {
      if (!expected.delete(come)) return
      for (const one of waiting) {
        one.for.delete(come)
        if (one.for.size === 0) one.end()
      }
    }
    expected.add(come)
    return come
  }

  async function allCome(): Promise<void> {
    if (expected.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, waitMilliseconds)
    const one = { for: new Set(expected), end: resolve }
    waiting.add(one)
    await promise
    waiting.delete(one)
    clearTimeout(timer)
  }

  return { expect, allCome }
}
