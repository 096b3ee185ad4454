/**
 * The machines that an index knows by what they are: those that are disabled, those of whose agent a part fails, those whose certificate
 * ends within a time, those of a status that not all have. Where they are few no other machine is looked at, however many there are.
 *
 * @see ../storage/migrations.ts
 * @module
 */

import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { MachineStatus, Schema } from '../storage/schema.ts'

/** A part of time; without a bound it goes on for ever. */
export interface TimeSpan {
  from?: Date | undefined
  /** No longer in it. */
  before?: Date | undefined
}

/** The part of a filter that an index can decide. */
export interface IndexedFilter {
  status?: MachineStatus | undefined
  isDisabled?: true | undefined
  /** A part of its agent fails. */
  isFailing?: true | undefined
  /** Its certificate ends within it. */
  certificateEnd?: TimeSpan | undefined
}

/** How many machines one answer looks at: on SQLite every other request waits for that. */
export const LOOKED_AT_MAX = 2_500

/** A statement for the object ids of all machines that `filter` can let through; undefined if no index says that they are few. */
export async function findFewMachines(
  db: Kysely<Schema>,
  filter: IndexedFilter,
): Promise<RawBuilder<unknown> | undefined> {
  for (const known of knownTo(filter)) {
    const { rows } = await sql`${known} limit 1 offset ${sql.lit(LOOKED_AT_MAX)}`.execute(db)
    if (rows.length === 0) return known
  }
  return undefined
}

/** Whether the key of a row of `machine_key` has a certificate that ends within `span`. */
export function isEndWithin({ from, before }: TimeSpan): RawBuilder<SqlBool> {
  const bounds = [
    ...(from ? [sql`machine_key.not_after >= ${from.getTime()}`] : []),
    ...(before ? [sql`machine_key.not_after < ${before.getTime()}`] : []),
  ]
  return bounds.length === 0 ? sql`1 = 1` : sql.join(bounds, sql` and `)
}

/** Each by the index that has it. States are literals: an index of a part of the rows is used only where the database sees the part. */
function knownTo({ isDisabled, isFailing, certificateEnd, status }: IndexedFilter): RawBuilder<unknown>[] {
  return [
    ...(isDisabled
      ? [sql`select id as principal_id from principal where state = 'disabled' and kind = 'machine'`]
      : []),
    ...(isFailing ? [sql`select principal_id from machine_health where failing > 0`] : []),
    ...(certificateEnd
      ? [sql`select principal_id from machine_key where state = 'current' and ${isEndWithin(certificateEnd)}`]
      : []),
    ...(status && status !== 'Connected'
      ? [sql`select principal_id from presence where status = ${status} and status <> 'Connected'`]
      : []),
  ]
}
