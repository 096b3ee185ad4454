/**
 * Waits until a condition holds: it is checked again and again; no fixed time has to be enough. Not published.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../storage/schema.ts'

const POLL_MILLISECONDS = 10
const WAIT_MILLISECONDS = 60_000

/** Resolves when `condition` holds. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + WAIT_MILLISECONDS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('what was waited for did not happen')
    await setTimeout(POLL_MILLISECONDS)
  }
}

/** Resolves when as many connections of this database (PostgreSQL) as `count` wait for a lock. */
export function untilBlocked(db: Kysely<Schema>, count = 1): Promise<void> {
  return until(async () => {
    const { rows } = await sql<{ pid: number }>`
      select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    `.execute(db)
    return rows.length >= count
  })
}
