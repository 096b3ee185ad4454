/**
 * User-assigned identities: resources that are principals themselves, and are assigned to machines.
 *
 * @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Identity } from '@landfast/protocol'
import { type Kysely, type RawBuilder, type SqlBool, sql, type Transaction } from 'kysely'
import { endRolesAt } from '../authorization/role-assignments.ts'
import { asciiLower } from '../storage/ascii-lower.ts'
import type { Schema } from '../storage/schema.ts'
import { isPrincipalMeant } from './people/principal-search.ts'
import type { ResourceRange } from './resource-list.ts'

/** Where a user-assigned identity is in the tree of resources. */
export interface UserIdentityPlace {
  subscriptionId: string
  resourceGroup: string
  name: string
}

/** A user-assigned identity that was not deleted. */
export interface UserIdentity extends UserIdentityPlace {
  identity: Identity
  location: string
  tags: Readonly<Record<string, string>>
  /** Grows by one with each change. */
  version: number
}

/** What of an identity its owner writes. */
export interface UserIdentityWriting {
  place: UserIdentityPlace
  /** The `resource_key` of the group. */
  groupKey: string
  tenantId: string
  location: string
  tags: Readonly<Record<string, string>>
  time: Date
}

/** The ARM id of the identity at `place`. */
export function userIdentityResourceId({ subscriptionId, resourceGroup, name }: UserIdentityPlace): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`
}

/** Makes an identity at a place where none is, in a resource group that is there. Its ids were never given before. */
export async function createUserIdentity(
  trx: Transaction<Schema>,
  { place, groupKey, tenantId, location, tags, time }: UserIdentityWriting,
): Promise<UserIdentity> {
  const resourceId = userIdentityResourceId(place)
  const identity = { tenantId, clientId: randomUUID(), principalId: randomUUID(), resourceId }
  const at = { created_at: time.getTime(), changed_at: time.getTime() }
  await trx
    .insertInto('principal')
    .values(principalRow(identity, place.name, at))
    .execute()
  await trx
    .insertInto('user_identity')
    .values({
      resource_key: resourceId.toLowerCase(),
      resource_id: resourceId,
      principal_id: identity.principalId,
      group_key: groupKey,
      subscription_id: place.subscriptionId,
      resource_group: place.resourceGroup,
      name: place.name,
      location,
      tags: JSON.stringify(tags),
      version: 1,
      ...at,
    })
    .execute()
  return { ...place, identity, location, tags, version: 1 }
}

function principalRow(
  { principalId, clientId, tenantId, resourceId }: Identity,
  name: string,
  at: { created_at: number; changed_at: number },
): Schema['principal'] {
  return {
    id: principalId,
    client_id: clientId,
    tenant_id: tenantId,
    kind: 'user-assigned',
    display_name: name,
    resource_id: resourceId,
    state: 'enabled',
    ...at,
  }
}

/** Gives an identity other tags. */
export async function changeUserIdentityTags(
  trx: Transaction<Schema>,
  kept: UserIdentity,
  { tags, time }: Pick<UserIdentityWriting, 'tags' | 'time'>,
): Promise<UserIdentity> {
  const version = kept.version + 1
  await trx
    .updateTable('user_identity')
    .set({ tags: JSON.stringify(tags), version, changed_at: time.getTime() })
    .where('principal_id', '=', kept.identity.principalId)
    .execute()
  return { ...kept, tags, version }
}

/** Which identities end: one, or all of a resource group. */
export type EndingIdentities = { principalId: string } | { groupKey: string }

/**
 * Deletes identities: they are taken from every machine, and their roles and credentials go, but not the roles of
 * others at them. Their ids are never given again.
 */
export async function endUserIdentities(
  trx: Transaction<Schema>,
  ending: EndingIdentities,
  time: Date,
): Promise<void> {
  const chosen = trx.selectFrom('user_identity').select('user_identity.principal_id')
  const ids =
    'groupKey' in ending
      ? chosen.where('group_key', '=', ending.groupKey)
      : chosen.where('principal_id', '=', ending.principalId)
  await trx
    .updateTable('principal')
    .set({ state: 'deleted', changed_at: time.getTime() })
    .where('id', 'in', ids)
    .execute()
  await trx.deleteFrom('machine_user_identity').where('identity_principal_id', 'in', ids).execute()
  for (const table of BELONGINGS) {
    await trx.deleteFrom(table).where('principal_id', 'in', ids).execute()
  }
  await trx.deleteFrom('user_identity').where('principal_id', 'in', ids).execute()
}

/** Deletes one identity with the roles at it. */
export async function endUserIdentity(
  trx: Transaction<Schema>,
  { principalId, resourceId }: Pick<Identity, 'principalId' | 'resourceId'>,
  time: Date,
): Promise<void> {
  await endRolesAt(trx, resourceId.toLowerCase())
  await endUserIdentities(trx, { principalId }, time)
}

/** What goes with an identity, besides its own row, by which the others are found. */
const BELONGINGS = ['federated_credential', 'role_assignment', 'app_role_assignment'] as const

/** The identity with this ARM id in any case, or undefined. */
export async function findUserIdentity(
  db: Kysely<Schema>,
  resourceId: string,
): Promise<UserIdentity | undefined> {
  const row = await withPrincipal(db).where('resource_key', '=', resourceId.toLowerCase()).executeTakeFirst()
  return row && userIdentityOf(row)
}

/**
 * The identities of `range`, by their ARM ids; of those whose names begin with `search`, in any case, or that have it as ARM id,
 * object id or client id.
 */
export async function listUserIdentities(
  db: Kysely<Schema>,
  { subscriptionId, groupKey, after, limit }: ResourceRange,
  search = '',
): Promise<UserIdentity[]> {
  const within =
    groupKey === undefined
      ? withPrincipal(db).where('subscription_id', '=', subscriptionId)
      : withPrincipal(db).where('group_key', '=', groupKey)
  const rows = await within
    .where('resource_key', '>', after)
    .$if(search !== '', (query) => query.where(isMeantBy(search)))
    .orderBy('resource_key')
    .limit(limit)
    .execute()
  return rows.map(userIdentityOf)
}

/** There are few identities beside the machines, so no index has their names. */
function isMeantBy(search: string): RawBuilder<SqlBool> {
  if (search.startsWith('/')) return sql`resource_key = ${asciiLower(search)}`
  return isPrincipalMeant(search, sql`lower(user_identity.name)`)
}

function withPrincipal(db: Kysely<Schema>) {
  return db
    .selectFrom('user_identity')
    .innerJoin('principal', 'principal.id', 'user_identity.principal_id')
    .selectAll('user_identity')
    .select(['principal.tenant_id', 'principal.client_id'])
}

type Row = Awaited<ReturnType<ReturnType<typeof withPrincipal>['executeTakeFirstOrThrow']>>

function userIdentityOf(row: Row): UserIdentity {
  return {
    subscriptionId: row.subscription_id,
    resourceGroup: row.resource_group,
    name: row.name,
    identity: {
      tenantId: row.tenant_id,
      clientId: row.client_id,
      principalId: row.principal_id,
      resourceId: row.resource_id,
    },
    location: row.location,
    tags: JSON.parse(row.tags),
    version: row.version,
  }
}
