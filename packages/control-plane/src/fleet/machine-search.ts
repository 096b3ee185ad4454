/**
 * Finds machines by any of their ids, as logs, tokens and tools show them.
 *
 * @module
 */

import { type Kysely, type SqlBool, sql } from 'kysely'
import { readThumbprint, type Thumbprints } from '../certificates/thumbprint.ts'
import { readGuid } from '../guid.ts'
import { asciiLower } from '../storage/ascii-lower.ts'
import type { Schema } from '../storage/schema.ts'

/** Copies of one host may have its `vmId`; more are no answer to "which". */
const FOUND_MAX = 100

/**
 * The object ids of the machines that have `text` as ARM id, object id, client id, `vmId` or thumbprint of a certificate. Undefined
 * if it looks like none, or no machine has it: then it may be a part of a name.
 */
export async function findMachinesById(db: Kysely<Schema>, text: string): Promise<string[] | undefined> {
  if (text.startsWith('/')) return findByResourceId(db, text)
  const thumbprint = readThumbprint(text)
  if (thumbprint) return findByThumbprint(db, thumbprint)
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

/** Also by that of a former certificate, which a line of an older log names. */
async function findByThumbprint(
  db: Kysely<Schema>,
  { sha256, sha1 }: Partial<Thumbprints>,
): Promise<string[] | undefined> {
  const keys = db.selectFrom('machine_key').select('principal_id as id')
  const rows = await (sha256 === undefined
    ? keys.where('certificate_sha1', '=', sha1 ?? '')
    : keys.where('certificate_sha256', '=', sha256)
  ).execute()
  return rows.length === 0 ? undefined : rows.map(({ id }) => id)
}
