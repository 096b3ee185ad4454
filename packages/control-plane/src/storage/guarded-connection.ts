/**
 * A connection to PostgreSQL that tells of its failures, waits for no server that has gone silent, and is not used
 * again after it was lost.
 *
 * @module
 */

import type { PostgresPoolClient } from 'kysely'
import type { ClientBase, PoolClient } from 'pg'
import type { KeptStatements } from './kept-statements.ts'
import { failureKind, ServerSilentError } from './postgres-failure.ts'
import { StorageError } from './storage-error.ts'
import { isAlone, mayTakeLong, noteFailure, noteQuery } from './transaction-attempts.ts'

/** What all connections of a pool have in common. */
export interface Guard {
  /** Connections that are of no use any more. */
  lost: WeakSet<ClientBase>
  /** How long the server may be silent. */
  milliseconds: number
  kept: KeptStatements
}

/** `client`, guarded. */
export function guardConnection(client: PoolClient, { lost, milliseconds, kept }: Guard): PostgresPoolClient {
  async function query(text: string, parameters: unknown[]): Promise<unknown> {
    try {
      // Before the query is noted: a commit that was never sent has certainly not happened.
      if (lost.has(client)) throw new Error('the connection was lost between two queries')
      noteQuery(text)
      const ask = () => (isAlone() ? kept.ask(client, text, parameters) : client.query(text, parameters))
      return await (mayTakeLong() ? ask() : answered(ask, milliseconds))
    } catch (cause) {
      noteFailure(cause)
      const kind = failureKind(cause)
      if (kind === 'lost' || cause instanceof ServerSilentError) lost.add(client)
      if (kind === 'lost' || kind === 'unavailable') throw new StorageError('storage_unavailable', { cause })
      throw cause
    }
  }
  return {
    query: query as PostgresPoolClient['query'],
    // One that was given up in the middle of a query is cut off, not ended politely.
    release: (destroy) => client.release(destroy || lost.has(client)),
  }
}

/**
 * The answer to `ask`, if it comes in time.
 *
 * @throws {ServerSilentError} if it does not; what was asked may still happen.
 */
export async function answered<T>(ask: () => Promise<T>, milliseconds: number): Promise<T> {
  const silence = Promise.withResolvers<never>()
  const timer = setTimeout(() => silence.reject(new ServerSilentError()), milliseconds)
  try {
    return await Promise.race([ask(), silence.promise])
  } finally {
    clearTimeout(timer)
  }
}
