/**
 * The counts of a fleet, for whoever looks at them. A fleet of one slice is counted anew for each look. A larger one is counted in
 * the background, once a minute at most and only while somebody looks; what is shown is the last count, which says its time.
 *
 * @module
 */

import { setImmediate, setTimeout } from 'node:timers/promises'
import type { ResourceRange } from '../registry/resource-list.ts'
import { recentlyMade } from '../storage/recently-made.ts'
import type { Storage } from '../storage/storage.ts'
import { addCounts, countSlice, type MachineCounts } from './machine-counts.ts'

/** When a count is old enough for another one to begin, and when it is too old to be shown. */
const OLD_MILLISECONDS = 60_000
const SHOWN_MAX_MILLISECONDS = 600_000

/** How long a look waits for the first count of a fleet. */
const WAIT_MILLISECONDS = 100

/** Of how many subscriptions and groups a count is kept. */
const KEPT_MAX = 100

/** A whole count. */
export interface FleetCount {
  counts: MachineCounts
  /** When it began: of what came later it may have seen some. */
  countedAt: Date
}

/** What a look is told: a count, or how many machines the first one has counted until now. */
export type FleetLook = FleetCount | { countedSoFar: number }

type Range = Pick<ResourceRange, 'subscriptionId' | 'groupKey'>

/** The counts of the machines in a range. */
export type LookAtFleet = (range: Range, now: Date) => Promise<FleetLook>

/** What is kept of a range. */
interface Kept {
  last?: FleetCount
  running?: Promise<void>
  soFar: number
}

/** Counts machines in `storage`. */
export function createFleetCounts(storage: Storage): LookAtFleet {
  const keptOf = recentlyMade(KEPT_MAX, (): Kept => ({ soFar: 0 }))
  return async (range, now) => {
    const kept = keptOf(range.groupKey ?? range.subscriptionId)
    if (!kept.running && ageOf(kept, now) >= OLD_MILLISECONDS) {
      const first = await countSlice(storage, { ...range, after: '' }, now)
      if (first.lookedTo === undefined) return { counts: first.counts, countedAt: now }
      // Another look may have counted meanwhile.
      if (ageOf(kept, now) >= OLD_MILLISECONDS)
        kept.running ??= countInBackground(storage, range, { kept, now })
    }
    if (ageOf(kept, now) >= SHOWN_MAX_MILLISECONDS)
      await Promise.race([kept.running, setTimeout(WAIT_MILLISECONDS, undefined, { ref: false })])
    return kept.last && ageOf(kept, now) < SHOWN_MAX_MILLISECONDS ? kept.last : { countedSoFar: kept.soFar }
  }
}

/** A clock that was set back makes no count younger. */
function ageOf({ last }: Kept, now: Date): number {
  return last ? Math.abs(now.getTime() - last.countedAt.getTime()) : Number.POSITIVE_INFINITY
}

/** A count that fails is begun anew by the next look; who waits for it is told. */
function countInBackground(
  storage: Storage,
  range: Range,
  { kept, now }: { kept: Kept; now: Date },
): Promise<void> {
  const counting = countAll(storage, range, { kept, now })
    .then((counts) => {
      kept.last = { counts, countedAt: now }
    })
    .finally(() => {
      delete kept.running
    })
  counting.catch(() => {})
  return counting
}

async function countAll(
  storage: Storage,
  range: Range,
  { kept, now }: { kept: Kept; now: Date },
): Promise<MachineCounts> {
  kept.soFar = 0
  let slice = await countSlice(storage, { ...range, after: '' }, now)
  let { counts } = slice
  while (slice.lookedTo !== undefined) {
    kept.soFar = counts.machines
    await setImmediate()
    slice = await countSlice(storage, { ...range, after: slice.lookedTo }, now)
    counts = addCounts(counts, slice.counts)
  }
  return counts
}
