/**
 * Rows that are worth nothing after a time which stands in them: deleted a batch at a time.
 *
 * @module
 */

import { type Kysely, sql } from 'kysely'
import { CODE_GRACE_MILLISECONDS } from '../admission/portal-codes.ts'
import type { Schema } from '../storage/schema.ts'

/** How many rows one step of a sweep deletes at most, so that requests wait little for it. */
const SWEEP_MAX_ROWS = 500

/** Which rows, known by `key`, are worth nothing so long after the time in `end`. */
interface Sweep {
  table: keyof Schema
  key: string
  end: string
  graceMilliseconds?: number
}

/** Deletes one batch of rows; resolves to whether more may be left. */
function sweepOf({ table, key, end, graceMilliseconds = 0 }: Sweep) {
  return async (db: Kysely<Schema>, now: Date): Promise<boolean> => {
    const latest = now.getTime() - graceMilliseconds
    const { numAffectedRows } = await sql`delete from ${sql.table(table)} where ${sql.ref(key)} in (
      select ${sql.ref(key)} from ${sql.table(table)} where ${sql.ref(end)} < ${latest} limit ${sql.lit(SWEEP_MAX_ROWS)}
    )`.execute(db)
    return Number(numAffectedRows) === SWEEP_MAX_ROWS
  }
}

/** Assertions that could not be presented again. */
export const sweepAssertions = sweepOf({ table: 'assertion', key: 'digest', end: 'expires_at' })

/** Sessions of the portal that ended. */
export const sweepPortalSessions = sweepOf({ table: 'portal_session', key: 'id_hash', end: 'ends_at' })

/** Codes for it that came too late. */
export const sweepPortalCodes = sweepOf({
  table: 'portal_code',
  key: 'code_hash',
  end: 'expires_at',
  graceMilliseconds: CODE_GRACE_MILLISECONDS,
})
