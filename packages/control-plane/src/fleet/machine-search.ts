/**
 * Finds machines by any of their ids, as logs, tokens and tools show them.
 *
 * @module
 */

import { type Kysely, type SqlBool, sql } from 'kysely'
import { readGuid } from '../guid.ts'
import { asciiLower } from '../storage/ascii-lower.ts'
import type { Schema } from '../storage/schema.ts'

/** Copies of one host may have its `vmId`; more are no answer to "which". */
const FOUND_MAX = 100

/**
 * The object ids of the machines that have `text` as ARM id, object id, client id or `vmId`. Undefined if it looks like none, or
 * no machine has it: then it may be a part of a name.
 */
export async function findMachinesById(db: Kysely<Schema>, text: string): Promise<string[] | undefined> {
  if (text.startsWith('/')) return findByResourceId(db, text)
  const guid = readGuid(text)
  if (!guid) return undefined
  const [principals, machines] = await Promise.all([
    db
      .selectFrom('principal')
      .select('id')
      .where((where) => where.or([where('id', '=', guid), where('client_id', '=', guid)]))
      .where('kind', '=', 'machine')
      .execute(),
    db
      .selectFrom('machine')
      .select('principal_id as id')
      .where(sql<SqlBool>`lower(vm_id) = ${guid}`)
      .limit(FOUND_MAX)
      .execute(),
  ])
  const found = new Set([...principals, ...machines].map(({ id }) => id))
  return found.size === 0 ? undefined : [...found]
}

async function findByResourceId(db: Kysely<Schema>, text: string): Promise<string[]> {
  const rows = await db
    .selectFrom('machine')
    .select('principal_id as id')
    .where('resource_key', '=', asciiLower(text))
    .execute()
  return rows.map(({ id }) => id)
}
