/**
 * Remembers when the journal could last not be written: a full disk may take a trial write and no token's.
 *
 * @module
 */

import type { Journal } from '../authority/token-journal.ts'

/** For how long a failure says that the next write would fail as well. */
const REMEMBERED_MILLISECONDS = 5_000

/** A journal, and whether writing it has just failed. */
export interface WatchedJournal {
  journal: Journal
  hasJustFailed(): boolean
}

/** `journal`, watched by a clock in milliseconds that only goes forward. */
export function watchJournal(
  journal: Journal,
  monotonic: () => number = () => performance.now(),
): WatchedJournal {
  let failedAt = Number.NEGATIVE_INFINITY
  const write: Journal['write'] = async (entry) => {
    try {
      return await journal.write(entry)
    } catch (error) {
      failedAt = monotonic()
      throw error
    }
  }
  return {
    journal: { ...journal, write },
    hasJustFailed: () => monotonic() - failedAt < REMEMBERED_MILLISECONDS,
  }
}
