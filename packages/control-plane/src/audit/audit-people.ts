/**
 * The principals that the audit trail speaks of, by their names and ids. A deleted one keeps its row, and so its name.
 *
 * @module
 */

import { type Kysely, type SqlBool, sql } from 'kysely'
import { readGuid } from '../guid.ts'
import type { Schema } from '../storage/schema.ts'

/** Whoever somebody means by a name or an id, and what that may stand for in a row. */
export interface Meant {
  /** Object ids. */
  principalIds: readonly string[]
  /** Client ids; the one that was given is among them, whether somebody has it or not. */
  clientIds: readonly string[]
}

/** Of one name there may be several, one after the other; more are no answer to "who". */
const MEANT_MAX = 20

/** Whoever has `text` as client id, object id or name; undefined if nobody ever had it and it is no id. */
export async function findCallers(db: Kysely<Schema>, text: string): Promise<Meant | undefined> {
  const guid = readGuid(text)
  const found = await findMeant(db, guid ? sql`client_id = ${guid} or ${meaning(text)}` : meaning(text))
  if (!guid) return found.principalIds.length === 0 ? undefined : found
  return { ...found, clientIds: [...new Set([guid, ...found.clientIds])] }
}

/** The machines that have, or had, `text` as object id, name or ARM id; undefined if there never was one. */
export async function findMachinesMeant(db: Kysely<Schema>, text: string): Promise<Meant | undefined> {
  const means = text.startsWith('/') ? sql`lower(resource_id) = lower(${text})` : meaning(text)
  const found = await findMeant(db, sql`kind = 'machine' and (${means})`)
  return found.principalIds.length === 0 ? undefined : found
}

/** A name may look like an id. */
function meaning(text: string) {
  const guid = readGuid(text)
  const named = sql`lower(display_name) = lower(${text})`
  return guid ? sql`id = ${guid} or ${named}` : named
}

async function findMeant(db: Kysely<Schema>, condition: ReturnType<typeof sql>): Promise<Meant> {
  const rows = await db
    .selectFrom('principal')
    .select(['id', 'client_id'])
    .where(sql<SqlBool>`(${condition})`)
    .orderBy('created_at', 'desc')
    .limit(MEANT_MAX)
    .execute()
  return { principalIds: rows.map(({ id }) => id), clientIds: rows.map(({ client_id }) => client_id) }
}

/** The ARM ids, in lower case, of what has or had these object ids. */
export async function resourceKeysOf(db: Kysely<Schema>, principalIds: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('principal')
    .select('resource_id')
    .where('id', 'in', principalIds)
    .where('resource_id', 'is not', null)
    .execute()
  return [...new Set(rows.map(({ resource_id }) => (resource_id ?? '').toLowerCase()))]
}

/** The names of principals by their object ids and client ids. */
export async function namesOf(
  db: Kysely<Schema>,
  rows: readonly { client_id: string | null; principal_id: string | null }[],
): Promise<ReadonlyMap<string, string>> {
  const ids = (column: 'client_id' | 'principal_id') => [
    ...new Set(rows.flatMap((row) => (row[column] === null ? [] : [row[column]]))),
  ]
  const [byClient, byId] = await Promise.all([
    readNames(db, 'client_id', ids('client_id')),
    readNames(db, 'id', ids('principal_id')),
  ])
  return new Map([...byClient, ...byId])
}

async function readNames(
  db: Kysely<Schema>,
  column: 'client_id' | 'id',
  values: readonly string[],
): Promise<[string, string][]> {
  if (values.length === 0) return []
  const rows = await db
    .selectFrom('principal')
    .select([`${column} as key`, 'display_name as name'])
    .where(column, 'in', values)
    .execute()
  return rows.map(({ key, name }) => [key, name])
}
