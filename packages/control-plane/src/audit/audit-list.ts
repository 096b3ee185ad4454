/**
 * Reads the audit trail in the order of time, from either end.
 *
 * @module
 */

import type { Kysely, RawBuilder, Selectable, SqlBool } from 'kysely'
import type { Schema } from '../storage/schema.ts'

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

/** One row with the key that says where it stands. */
export interface AuditRow {
  key: string
  row: Selectable<Schema['audit']>
}

/** How long before its last token the first one of a row may be. */
const GATHERED_MILLISECONDS = 60_000

/** The rows of `span` for which `conditions` hold, also those that began before it and went on. */
export async function listAudit(
  db: Kysely<Schema>,
  span: AuditSpan,
  conditions: readonly RawBuilder<SqlBool>[] = [],
): Promise<AuditRow[]> {
  const place = placeOf(span.after)
  const [order, further] = span.isNewestFirst ? (['desc', '<'] as const) : (['asc', '>'] as const)
  let all = db.selectFrom('audit')
  for (const condition of conditions) all = all.where(condition)
  const rows = await all
    .selectAll()
    .where('time', '>=', span.since.getTime() - GATHERED_MILLISECONDS)
    .where((where) => where(where.fn.coalesce('last_time', 'time'), '>=', span.since.getTime()))
    .where('time', '<', span.until.getTime())
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
