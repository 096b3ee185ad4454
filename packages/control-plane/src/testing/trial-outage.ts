/**
 * A PostgreSQL database that goes away for a while, as at a restart: it ends every connection and takes no new one. Not published.
 *
 * @module
 */

import { query } from './postgres.ts'

/** Takes the database at `url` away. Resolves to what brings it back. */
export async function takeDatabaseAway(url: string): Promise<() => Promise<void>> {
  const name = new URL(url).pathname.slice(1)
  const server = new URL('/postgres', url).href
  const allow = async (isAllowed: boolean) => {
    await query(server, `alter database ${name} allow_connections ${isAllowed}`)
  }
  await allow(false)
  await query(server, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
  return () => allow(true)
}
