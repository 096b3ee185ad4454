/**
 * Principals of every kind by their names: machines, identities, applications, users and groups, as a directory lists them.
 *
 * @module
 */

import { type Kysely, type SqlBool, sql } from 'kysely'
import { ROOT_SCOPE } from '../authorization/scope.ts'
import { asciiLower } from '../storage/ascii-lower.ts'
import type { ForeignKind, PrincipalKind, PrincipalState, Schema } from '../storage/schema.ts'

/** What a principal is. */
export type ListedKind = PrincipalKind | ForeignKind

/** A principal that was not deleted. */
export interface ListedPrincipal {
  principalId: string
  clientId: string
  tenantId: string
  kind: ListedKind
  displayName: string
  /** Null for what is no resource: an application, a user, a group. */
  resourceId: string | null
  state: Exclude<PrincipalState, 'deleted'>
  createdAt: Date
}

/** Which principals somebody may see; of what it may not see, no row of a page may tell. */
export interface Sight {
  /** Always seen. */
  own: string
  /** Of each kind those at and below these scopes, by their keys. What is no resource is at "/". */
  scopes: Readonly<Record<ListedKind, readonly string[]>>
}

/** Which are wanted: those that all of it is true of. */
export interface PrincipalQuery {
  /** What they are. */
  kinds: readonly ListedKind[]
  /** Object ids. */
  ids?: readonly string[]
  clientIds?: readonly string[]
  /** In any case of ASCII's letters. */
  displayNames?: readonly string[]
  /** What display names begin with, likewise. */
  prefixes?: readonly string[]
  sight: Sight
  /** Only those after this object id. */
  after: string
  limit: number
}

/** Users and groups are "user-assigned" in the table of all principals. */
const KIND = sql<ListedKind>`coalesce(foreign_principal.kind, principal.kind)`

/** The principals of `query`, by object id. */
export async function listPrincipals(db: Kysely<Schema>, query: PrincipalQuery): Promise<ListedPrincipal[]> {
  const { kinds, ids, clientIds, displayNames = [], prefixes = [], sight, after, limit } = query
  let rows = db
    .selectFrom('principal')
    .leftJoin('foreign_principal', 'foreign_principal.principal_id', 'principal.id')
    .selectAll('principal')
    .select(KIND.as('listed_kind'))
    .where('state', '!=', 'deleted')
    .where(KIND, 'in', kinds)
    .where(isSeen(sight))
  if (ids) rows = rows.where('id', 'in', ids)
  if (clientIds) rows = rows.where('client_id', 'in', clientIds)
  for (const name of displayNames) rows = rows.where(isNamed(name))
  for (const prefix of prefixes) rows = rows.where(beginsWith(prefix))
  return (await rows.where('id', '>', after).orderBy('id').limit(limit).execute()).map(principalOf)
}

function isSeen({ own, scopes }: Sight) {
  const kinds = Object.entries(scopes).flatMap(([kind, keys]) => {
    return keys.map((key) => sql<SqlBool>`(${KIND} = ${kind} and ${isBelow(key)})`)
  })
  return sql<SqlBool>`(${sql.join([sql`id = ${own}`, ...kinds], sql` or `)})`
}

function isBelow(key: string) {
  if (key === ROOT_SCOPE) return sql`1 = 1`
  const length = sql.lit(key.length + 1)
  return sql`lower(substr(resource_id || '/', 1, ${length})) = ${`${key}/`}`
}

function isNamed(name: string) {
  return sql<SqlBool>`lower(display_name) = ${asciiLower(name)}`
}

/** Not "like", in which "_" would stand for any character. */
function beginsWith(prefix: string) {
  const length = sql.lit([...prefix].length)
  return sql<SqlBool>`lower(substr(display_name, 1, ${length})) = ${asciiLower(prefix)}`
}

function principalOf(row: Schema['principal'] & { listed_kind: ListedKind }): ListedPrincipal {
  return {
    principalId: row.id,
    clientId: row.client_id,
    tenantId: row.tenant_id,
    kind: row.listed_kind,
    displayName: row.display_name,
    resourceId: row.resource_id,
    state: row.state === 'disabled' ? 'disabled' : 'enabled',
    createdAt: new Date(row.created_at),
  }
}
