/**
 * Opens the database of a control plane: PostgreSQL where a URL names one, else SQLite.
 *
 * @module
 */

import { join } from 'node:path'
import type { Logger } from 'pino'
import { openSqlite } from './sqlite.ts'
import { STATE_FILE } from './state-folder.ts'
import type { Storage } from './storage.ts'

/** Where the state is. */
export interface StoragePlace {
  /** Holds the SQLite database; it must be there. */
  stateFolder: string
  /** `postgresql://…` */
  databaseUrl?: string
  /** How many connections to it there are at most. */
  databaseConnections?: number
  log: Logger
}

/**
 * Opens the database, without making or changing any table.
 *
 * @throws {StorageError} if it cannot be used.
 */
export async function openStorage(place: StoragePlace): Promise<Storage> {
  const { stateFolder, databaseUrl, databaseConnections, log } = place
  if (databaseUrl === undefined) return openSqlite(join(stateFolder, STATE_FILE.database))
  // Loaded only where it is needed: it costs a start with SQLite nothing.
  const { openPostgres } = await import('./postgres.ts')
  return openPostgres(databaseUrl, log, { connections: databaseConnections })
}
