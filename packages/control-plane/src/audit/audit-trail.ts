/**
 * The audit trail: a row for every change of the registry and every refusal, and one for all equal tokens of a minute, and for all
 * equal refusals of a heartbeat in an hour, which says how many. Beyond ten a minute the refusals of one caller are only counted. It never holds a token, an assertion
 * or a key.
 *
 * @module
 */

import type { Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'
import type { AuditEntry } from './audit-entry.ts'
import { type AuditRow, auditRows } from './audit-rows.ts'

/** A statement has at most 32,766 parameters in SQLite, and a row takes sixteen. */
const INSERT_MAX_ROWS = 1_000

/** Writes entries within the transaction of what they tell about. */
export async function recordAudit(db: Kysely<Schema>, entries: readonly AuditEntry[]): Promise<void> {
  const rows = auditRows(entries)
  for (let first = 0; first < rows.length; first += INSERT_MAX_ROWS) {
    await insertRows(db, { rows: rows.slice(first, first + INSERT_MAX_ROWS) })
  }
}

const insertRows = prepareStatement((db, { rows }: { rows: readonly AuditRow[] }) =>
  db
    .insertInto('audit')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('gathered').doUpdateSet((row) => ({
        count: row('audit.count', '+', row.ref('excluded.count')),
        last_time: row.ref('excluded.last_time'),
        suppressed: row('audit.suppressed', '+', row.ref('excluded.suppressed')),
      })),
    ),
)
