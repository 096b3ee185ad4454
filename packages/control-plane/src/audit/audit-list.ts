/**
 * Reads the audit trail in the order of time, from either end.
 *
 * @module
 */

import { type Kysely, type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { LASTING_MILLISECONDS } from './audit-entry.ts'

/** Which part of the trail. */
export interface AuditSpan {
  since: Date
  until: Date
  /** The key of the last row that was read before; the beginning if it is empty. */
  after: string
  limit: number
  /** Whether the newest come first. */
  isNewestFirst?: boolean
}

/** Which rows may have begun before the span. */
export type RowKind = 'usual' | 'lasting'

/** One row with the key that says where it stands. */
export interface AuditRow {
  key: string
  row: Selectable<Schema['audit']>
}

/** How long before its last token the first one of a row may be. */
const GATHERED_MILLISECONDS = 60_000

/** Of the rows that stand for an hour, which are no tokens that were given: of those there are too many to look at an hour of them. */
const IS_LASTING = sql<SqlBool>`gathered is not null and (outcome = 'refused' or action <> 'issue-token')`

/**
 * The rows of `span` for which `conditions` hold, also those that began before it and went on: "usual" has those that began at
 * most a minute before it, and "lasting" those that began earlier.
 */
export async function listAudit(
  db: Kysely<Schema>,
  span: AuditSpan,
  conditions: readonly RawBuilder<SqlBool>[] = [],
  kind: RowKind = 'usual',
): Promise<AuditRow[]> {
  const place = placeOf(span.after)
  const [order, further] = span.isNewestFirst ? (['desc', '<'] as const) : (['asc', '>'] as const)
  let all = db.selectFrom('audit')
  for (const condition of conditions) all = all.where(condition)
  const since = span.since.getTime()
  const begins = kind === 'usual' ? since - GATHERED_MILLISECONDS : since - LASTING_MILLISECONDS
  const ends =
    kind === 'usual' ? span.until.getTime() : Math.min(since - GATHERED_MILLISECONDS, span.until.getTime())
  if (kind === 'lasting') all = all.where(IS_LASTING)
  const rows = await all
    .selectAll()
    .where('time', '>=', begins)
    .where((where) => where(where.fn.coalesce('last_time', 'time'), '>=', since))
    .where('time', '<', ends)
    .$if(place !== undefined, (query) =>
      query
        .where('time', `${further}=`, place?.time ?? 0)
        .where((where) =>
          where.or([where('time', further, place?.time ?? 0), where('id', further, place?.id ?? '')]),
        ),
    )
    .orderBy('time', order)
    .orderBy('id', order)
    .limit(span.limit)
    .execute()
  return rows.map((row) => ({ key: `${row.time} ${row.id}`, row }))
}

function placeOf(key: string): { time: number; id: string } | undefined {
  const [time = '', id = ''] = key.split(' ')
  return /^\d{1,15}$/.test(time) ? { time: Number(time), id } : undefined
}
