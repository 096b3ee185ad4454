/**
 * The tables of what grew: arithmetic over what was measured, and nothing else.
 *
 * @module
 */

import type { GrowthLoadResult, Paced } from './growth-callers.ts'
import type { ListResult } from './growth-list.ts'
import type { TableSize } from './growth-tables.ts'
import type { Cell, Table } from './report.ts'
import { quantile } from './statistics.ts'

/** What is to be measured. */
export interface GrowthEffort {
  machines: number
  minutes: number
  heartbeatsPerSecond: number
  tokensPerSecond: number
  /** Of the audit trail, for each machine. */
  entries: number
}

/** All that is read at one moment. */
export interface Moment {
  at: number
  serverMicroseconds: number
  serverBytes: number
  databaseMicroseconds: number
  walBytes: number
  tables: readonly TableSize[]
}

/** Everything that was measured. */
export interface Grown {
  effort: GrowthEffort
  /** Before heartbeats alone, between that and heartbeats with tokens, and after it. */
  moments: readonly [Moment, Moment, Moment]
  loads: readonly [alone: GrowthLoadResult, both: GrowthLoadResult]
  answers: ReadonlyMap<string, readonly number[]>
  list: ListResult
}

const MEGABYTE = 2 ** 20
/** Smaller tables do not grow. */
const SHOWN_BYTES = 200_000
const HOUR_MILLISECONDS = 3_600_000

/** Its tables. */
export function growthReport(grown: Grown): Table[] {
  return [loadTable(grown), sizeTable(grown), answerTable(grown)]
}

function loadTable({ effort, moments: [start, middle, end], loads: [alone, both] }: Grown): Table {
  const phases = [
    { what: 'heartbeats alone', load: alone, took: spent(start, middle), server: middle.serverBytes },
    { what: 'heartbeats and tokens', load: both, took: spent(middle, end), server: end.serverBytes },
  ]
  return {
    title: `Growth: ${effort.machines.toLocaleString('en')} machines on PostgreSQL, callers and database on the same two processors`,
    rows: phases.map(({ what, load, took, server }) => {
      const requests = (load.heartbeats?.count ?? 0) + (load.tokens?.count ?? 0)
      return {
        what,
        ...pacedCells('heartbeat', load.heartbeats),
        ...pacedCells('token', load.tokens),
        'server µs a request': took.server / requests,
        'database µs a request': took.database / requests,
        'server, MiB': server / MEGABYTE,
        'log of PostgreSQL, MiB/h': took.wal / MEGABYTE,
      }
    }),
    notes: [
      `The server had ${(start.serverBytes / MEGABYTE).toFixed(0)} MiB before. The fewer requests come together, the more each costs. What vacuum and the questions below cost is the database's too.`,
    ],
  }
}

function pacedCells(name: string, paced: Paced | undefined): Record<string, Cell> {
  return {
    [`${name}s/s`]: paced?.perSecond ?? '',
    [`${name}: p50 ms`]: paced?.p50Milliseconds ?? '',
    [`${name}: p99 ms`]: paced?.p99Milliseconds ?? '',
  }
}

/** Between two moments; what was written, for an hour. */
function spent(from: Moment, to: Moment) {
  return {
    server: to.serverMicroseconds - from.serverMicroseconds,
    database: to.databaseMicroseconds - from.databaseMicroseconds,
    wal: ((to.walBytes - from.walBytes) * HOUR_MILLISECONDS) / (to.at - from.at),
  }
}

function sizeTable({ moments: [start, , end] }: Grown): Table {
  const hours = (end.at - start.at) / HOUR_MILLISECONDS
  const rows = end.tables.flatMap((after) => {
    const before = start.tables.find(({ table }) => table === after.table)
    const growth = (of: (one: TableSize) => number) => (of(after) - (before ? of(before) : 0)) / hours
    if (after.tableBytes + after.indexBytes < SHOWN_BYTES) return []
    return {
      table: after.table,
      'rows, MiB': after.tableBytes / MEGABYTE,
      'indices, MiB': after.indexBytes / MEGABYTE,
      'rows, MiB/h': growth((one) => one.tableBytes) / MEGABYTE,
      'indices, MiB/h': growth((one) => one.indexBytes) / MEGABYTE,
      'inserted/h': growth((one) => one.inserted),
      'updated/h': growth((one) => one.updates),
      'of these in place': after.updates === 0 ? '' : after.hotUpdates / after.updates,
      'deleted/h': growth((one) => one.deleted),
      'dead rows': after.deadRows,
      autovacuums: after.vacuums - (before?.vacuums ?? 0),
    }
  })
  return {
    title: 'Growth: tables',
    rows,
    notes: ['What happened in the run, for an hour. Tables that are emptied again grow only at first.'],
  }
}

function answerTable({ answers, list }: Grown): Table {
  const rows: Record<string, Cell>[] = [...answers].map(([question, times]) => ({
    question,
    'p50 ms': quantile(times, 0.5),
    'greatest ms': Math.max(...times),
    times: times.length,
  }))
  return {
    title: 'Growth: questions beside the load',
    rows,
    notes: [
      `Afterwards \`landfast machine list\` printed ${list.lines.toLocaleString('en')} lines in ${list.seconds.toFixed(1)} s, with at most ${(list.peakBytes / MEGABYTE).toFixed(0)} MiB resident.`,
    ],
  }
}
