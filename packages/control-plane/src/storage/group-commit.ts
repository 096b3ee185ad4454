/**
 * Work that many requests share: requests that arrive together are done together, since each commit waits for the disk
 * and each statement for the database.
 *
 * @module
 */

import { setImmediate } from 'node:timers'
import type { ExpectedEntries } from './expected-entries.ts'

/** How many entries are taken together at most, well below the databases' limits of bound values. */
const GROUP_MAX_ENTRIES = 256

/** Hands in one entry. A rejected promise means that nothing of it was done. */
export type Submit<Entry, Outcome> = (entry: Entry) => Promise<Outcome>

interface Waiting<Entry, Outcome> {
  entry: Entry
  resolve(outcome: Outcome): void
  reject(cause: unknown): void
}

/** Above what a commit takes on a healthy database. With three lanes at once groups are half as large, and the database works half as much again. */
const NEXT_LANE_MILLISECONDS = 25

/** How groups are made. */
interface Grouping {
  /** How many are settled at a time at most. Default 1. */
  lanes?: number
  /** How long a group is under way before what waits has another lane. Default: above what a commit takes. */
  nextLaneMilliseconds?: number
  /** Entries that a group waits for before it is settled. Default none. */
  expected?: Pick<ExpectedEntries, 'allCome'>
}

/**
 * Gives entries to `settle` in groups, in the order in which they came. It resolves to the outcome of each entry in the same
 * order; if it rejects, so does the whole group.
 */
export function createGroupCommit<Entry, Outcome>(
  settle: (entries: readonly Entry[]) => Promise<readonly Outcome[]>,
  { lanes = 1, nextLaneMilliseconds = NEXT_LANE_MILLISECONDS, expected }: Grouping = {},
): Submit<Entry, Outcome> {
  const queue: Waiting<Entry, Outcome>[] = []
  let draining = 0
  let gathering = false
  let lastTakenAt = 0
  let timer: NodeJS.Timeout | undefined

  /** Groups that wait for each other are larger and fewer, so another lane is opened only where one takes long. */
  function openLane(): void {
    if (gathering || draining === lanes) return
    const wait = draining === 0 ? 0 : lastTakenAt + nextLaneMilliseconds - performance.now()
    if (wait <= 0) open()
    else if (!timer) timer = setTimeout(openForQueue, wait)
  }

  function openForQueue(): void {
    timer = undefined
    if (queue.length > 0) openLane()
  }

  function open(): void {
    draining++
    lastTakenAt = performance.now()
    // After the requests that this turn of the event loop still brings.
    setImmediate(drain)
  }

  /** Ends where another lane gathers: what is queued is that one's. */
  async function drain(): Promise<void> {
    while (queue.length > 0 && !gathering) {
      await gather()
      const group = queue.splice(0, GROUP_MAX_ENTRIES)
      lastTakenAt = performance.now()
      if (queue.length > 0) openLane()
      await settleGroup(settle, group)
    }
    draining--
  }

  async function gather(): Promise<void> {
    if (!expected) return
    gathering = true
    await expected.allCome()
    gathering = false
  }

  return (entry) =>
    new Promise((resolve, reject) => {
      queue.push({ entry, resolve, reject })
      openLane()
    })
}

async function settleGroup<Entry, Outcome>(
  settle: (entries: readonly Entry[]) => Promise<readonly Outcome[]>,
  group: readonly Waiting<Entry, Outcome>[],
): Promise<void> {
  try {
    const outcomes = await settle(group.map(({ entry }) => entry))
    if (outcomes.length !== group.length) throw new Error('a group was settled without an outcome for each')
    for (const [index, { resolve }] of group.entries()) resolve(outcomes[index] as Outcome)
  } catch (cause) {
    for (const { reject } of group) reject(cause)
  }
}
