/**
 * Counts what was refused of late, by what was asked for and why.
 *
 * @module
 */

import { type Kysely, sql } from 'kysely'
import type { Schema } from '../storage/schema.ts'

/** How many entries are looked at: on SQLite every other request waits for that. */
const LOOKED_AT_MAX = 2_500

/** The refusals of one kind. */
export interface RefusalCount {
  action: string
  /** Undefined for refusals that have none. */
  code: string | undefined
  /** With those that the trail has left out. */
  refusals: number
}

/** Refusals by their kinds, the most frequent first. */
export interface RefusalCounts {
  /** Since when they are counted: later than was asked for if there were too many since then. */
  since: Date
  kinds: readonly RefusalCount[]
}

/** Counts those between `since` and `until`, of the newest entries. */
export async function countRefusals(
  db: Kysely<Schema>,
  { since, until }: { since: Date; until: Date },
): Promise<RefusalCounts> {
  const { rows } = await sql<{
    action: string
    code: string | null
    refusals: number
    first: number
    entries: number
  }>`
    select action, code, cast(sum(count + suppressed) as bigint) as refusals, min(time) as first, count(*) as entries
    from (
      select action, code, count, suppressed, time from audit
      where outcome = 'refused' and time >= ${since.getTime()} and time < ${until.getTime()}
      order by time desc limit ${sql.lit(LOOKED_AT_MAX)}
    ) as newest
    group by action, code order by refusals desc, action, coalesce(code, '')`.execute(db)
  const entries = rows.reduce((sum, row) => sum + row.entries, 0)
  const first = Math.min(...rows.map((row) => row.first))
  return {
    since: entries < LOOKED_AT_MAX ? since : new Date(first),
    kinds: rows.map(({ action, code, refusals }) => ({ action, code: code ?? undefined, refusals })),
  }
}
