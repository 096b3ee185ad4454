/**
 * Statements that a connection leaves with the server, so that it reads and plans them once: of one that joins five tables that
 * is more work than to run it. A pooler may give each statement another connection of its own; then none is left there.
 *
 * @see https://www.postgresql.org/docs/current/sql-prepare.html
 * @module
 */

import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { isStatementGone } from './postgres-failure.ts'

/** The statements of one pool of connections. Their texts must be few, and have no values in them. */
export interface KeptStatements {
  ask(client: Pick<ClientBase, 'query'>, text: string, values: unknown[]): Promise<unknown>
}

/** Every connection has its own copy of each, made when it is first asked. */
export function createKeptStatements(): KeptStatements {
  const names = new Map<string, string>()
  let serverKeeps = true

  /** By the text, so that under one name no two replicas mean two statements. */
  function nameOf(text: string): string {
    const name = names.get(text) ?? createHash('sha256').update(text).digest('base64url').slice(0, 22)
    names.set(text, name)
    return name
  }

  return {
    async ask(client, text, values) {
      if (!serverKeeps) return client.query(text, values)
      try {
        return await client.query({ name: nameOf(text), text, values })
      } catch (cause) {
        if (!isStatementGone(cause)) throw cause
        // It was looked for before anything was done.
        serverKeeps = false
        return client.query(text, values)
      }
    },
  }
}
