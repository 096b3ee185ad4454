/**
 * The database of a contestant, looked at from outside: which rows are in it, and which are left once it was killed.
 *
 * @module
 */

import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { query, startPostgres } from '../../packages/control-plane/src/testing/postgres.ts'
import { CALLERS_PROCESSOR } from './started-program.ts'

/** How many rows each table has. */
export type Rows = Readonly<Record<string, number>>

/** A database that can be looked at. */
export interface RaceDatabase {
  name: string
  /** Of its processes; undefined if it is a part of the contestant's own. */
  pid(): number | undefined
  rows(): Promise<Rows>
  /** Ends it as a loss of power would, and starts it again. */
  crash(): Promise<void>
}

/** A PostgreSQL cluster for one contestant alone, whose commits wait for the disk. */
export async function startRacePostgres(
  resources: AsyncDisposableStack,
): Promise<RaceDatabase & { url: string }> {
  const enter = ['taskset', '-c', String(CALLERS_PROCESSOR)]
  const server = await startPostgres({ durable: true, enter })
  resources.defer(() => server.remove())
  const url = server.url()
  return {
    name: 'PostgreSQL',
    url,
    pid: () => server.pid,
    rows: () => rowsOfPostgres(url),
    crash: async () => {
      await server.kill()
      await server.start()
    },
  }
}

/** A file of SQLite, which another process writes. */
export function raceSqlite(file: string): RaceDatabase {
  return {
    name: 'SQLite',
    pid: () => undefined,
    rows: async () => rowsOfSqlite(file),
    crash: async () => {},
  }
}

async function rowsOfPostgres(url: string): Promise<Rows> {
  const tables = await query<{ name: string }>(
    url,
    `select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables order by 1`,
  )
  if (tables.length === 0) return {}
  const counts = tables.map(({ name }) => `select '${name}' as name, count(*)::int as count from ${name}`)
  const rows = await query<{ name: string; count: number }>(url, counts.join(' union all '))
  return Object.fromEntries(rows.map(({ name, count }) => [name.replace(/^public\./, ''), count]))
}

/** Of a copy with its log, as a start after a crash would find it: a process may have locked the file for itself. */
function rowsOfSqlite(file: string): Rows {
  const folder = mkdtempSync(join(dirname(file), 'looked-at-'))
  try {
    const copy = join(folder, basename(file))
    for (const end of ['', '-wal']) if (existsSync(file + end)) cpSync(file + end, copy + end)
    return rowsOfCopy(copy)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function rowsOfCopy(file: string): Rows {
  using database = new DatabaseSync(file)
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all()
  return Object.fromEntries(
    tables.map(({ name }) => {
      const row = database.prepare(`select count(*) as count from "${name}"`).get()
      return [String(name), Number(row?.count)]
    }),
  )
}
