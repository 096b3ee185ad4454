/**
 * How large a database of PostgreSQL is, table by table, and what its vacuum has done.
 *
 * @see https://www.postgresql.org/docs/current/monitoring-stats.html
 * @module
 */

import { readFileSync } from 'node:fs'
import { query } from '../packages/control-plane/src/testing/postgres.ts'

/** One table at one moment. */
export interface TableSize {
  table: string
  tableBytes: number
  indexBytes: number
  deadRows: number
  inserted: number
  deleted: number
  /** Updates that needed no new entry in an index, of all. */
  updates: number
  hotUpdates: number
  vacuums: number
}

/** The tables that hold something, the largest first. */
export async function tableSizes(url: string): Promise<TableSize[]> {
  const rows = await query<Record<string, string>>(
    url,
    `select relname, n_dead_tup, n_tup_ins, n_tup_del, n_tup_upd, n_tup_hot_upd, autovacuum_count,
      pg_table_size(relid) as table_bytes, pg_indexes_size(relid) as index_bytes
      from pg_stat_user_tables where n_live_tup > 0 or n_tup_ins > 0
      order by pg_total_relation_size(relid) desc`,
  )
  return rows.map((row) => ({
    table: row.relname ?? '',
    tableBytes: Number(row.table_bytes),
    indexBytes: Number(row.index_bytes),
    deadRows: Number(row.n_dead_tup),
    inserted: Number(row.n_tup_ins),
    deleted: Number(row.n_tup_del),
    updates: Number(row.n_tup_upd),
    hotUpdates: Number(row.n_tup_hot_upd),
    vacuums: Number(row.autovacuum_count),
  }))
}

/** Bytes of the log that were written since the cluster was made. */
export async function walBytes(url: string): Promise<number> {
  const [row] = await query<{ bytes: string }>(
    url,
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as bytes`,
  )
  return Number(row?.bytes)
}

/** Hundredths of a second, as the kernel counts them for programs. */
const TICK_MICROSECONDS = 10_000

/** Microseconds of processor time of the server whose postmaster is `pid`, its processes that have ended among it. */
export function serverTime(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return [String(pid), ...children].reduce((sum, one) => sum + timeOf(one), 0)
}

/** One that has just ended counts at its parent's next reading. */
function timeOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MICROSECONDS
  } catch {
    return 0
  }
}
