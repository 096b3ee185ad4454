/**
 * Resource groups: makes, changes and ends them with all that is in them.
 *
 * @module
 */

import type { Kysely, Transaction } from 'kysely'
import { endRolesAt } from '../authorization/role-assignments.ts'
import type { Schema } from '../storage/schema.ts'
import { endMachines } from './machine-end.ts'
import { hasTag, readWanted, type TagFilter } from './tag-filter.ts'
import { endUserIdentities } from './user-identities.ts'

/** Where a resource group is. */
export interface GroupPlace {
  subscriptionId: string
  resourceGroup: string
  location: string
}

/** A row of a resource group. */
export type ResourceGroup = Schema['resource_group']

/** The ARM id of the resource group at `place`. */
export function groupResourceId({
  subscriptionId,
  resourceGroup,
}: Pick<GroupPlace, 'subscriptionId' | 'resourceGroup'>): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`
}

/** The group at `place` in any case, or undefined. */
export function findGroup(
  db: Kysely<Schema>,
  place: Pick<GroupPlace, 'subscriptionId' | 'resourceGroup'>,
): Promise<ResourceGroup | undefined> {
  return db
    .selectFrom('resource_group')
    .selectAll()
    .where('resource_key', '=', groupResourceId(place).toLowerCase())
    .executeTakeFirst()
}

/** A part of the groups of a subscription. */
export interface GroupRange {
  subscriptionId: string
  /** Only those after this `resource_key`. */
  after: string
  limit: number
  /** Only those that have it. */
  tag?: TagFilter | undefined
}

/** The groups of `range`, by their keys. */
export function listGroups(db: Kysely<Schema>, range: GroupRange): Promise<ResourceGroup[]> {
  const { subscriptionId, tag } = range
  const all = db.selectFrom('resource_group').selectAll().where('subscription_id', '=', subscriptionId)
  return readWanted(
    range,
    ({ after, limit }) =>
      all.where('resource_key', '>', after).orderBy('resource_key').limit(limit).execute(),
    { wanted: tag && ((group) => hasTag(group.tags, tag)), keyOf: ({ resource_key }) => resource_key },
  )
}

/**
 * Makes the group at `place` if there is none, as `azcmagent connect` does when the first machine comes into it;
 * resolves to its `resource_key`.
 */
export async function ensureGroup(
  trx: Transaction<Schema>,
  place: GroupPlace,
  { time, tags = {} }: { time: Date; tags?: Readonly<Record<string, string>> },
): Promise<string> {
  const resourceId = groupResourceId(place)
  const row = {
    resource_key: resourceId.toLowerCase(),
    resource_id: resourceId,
    subscription_id: place.subscriptionId,
    name: place.resourceGroup,
    location: place.location,
    tags: JSON.stringify(tags),
    version: 1,
    created_at: time.getTime(),
    changed_at: time.getTime(),
  }
  await trx
    .insertInto('resource_group')
    .values(row)
    .onConflict((conflict) => conflict.column('resource_key').doNothing())
    .execute()
  return row.resource_key
}

/** Gives a group other tags. */
export async function changeGroupTags(
  trx: Transaction<Schema>,
  group: ResourceGroup,
  { tags, time }: { tags: Readonly<Record<string, string>>; time: Date },
): Promise<void> {
  await trx
    .updateTable('resource_group')
    .set({ tags: JSON.stringify(tags), version: group.version + 1, changed_at: time.getTime() })
    .where('resource_key', '=', group.resource_key)
    .execute()
}

/** A resource with a principal, which ends with its group. */
export interface PrincipalResource {
  kind: 'machine' | 'identity'
  principalId: string
  resourceId: string
}

/** The resources in a group that have a principal. */
export async function resourcesOf(
  trx: Transaction<Schema>,
  { resource_key }: Pick<ResourceGroup, 'resource_key'>,
): Promise<PrincipalResource[]> {
  return [
    ...(await resourcesIn(trx, resource_key, { table: 'machine', kind: 'machine' })),
    ...(await resourcesIn(trx, resource_key, { table: 'user_identity', kind: 'identity' })),
  ]
}

/** Deletes a group with everything in it, every role at it or below, and every join token for it. */
export async function endGroup(trx: Transaction<Schema>, group: ResourceGroup, time: Date): Promise<void> {
  const { resource_key: groupKey } = group
  await endMachines(trx, { groupKey }, time)
  await endUserIdentities(trx, { groupKey }, time)
  await endRolesAt(trx, groupKey)
  await endJoinTokens(trx, group)
  await trx.deleteFrom('resource_group').where('resource_key', '=', groupKey).execute()
}

/** None waits for a namesake of the group, into which no administrator meant to let machines. */
async function endJoinTokens(
  trx: Transaction<Schema>,
  { subscription_id, name }: Pick<ResourceGroup, 'subscription_id' | 'name'>,
): Promise<void> {
  const rows = await trx
    .selectFrom('join_token')
    .select('id')
    .where('subscription_id', '=', subscription_id)
    .where(({ fn }) => fn<string>('lower', ['resource_group']), '=', name.toLowerCase())
    .execute()
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return
  await trx.deleteFrom('join_token_use').where('join_token_id', 'in', ids).execute()
  await trx.deleteFrom('join_token').where('id', 'in', ids).execute()
}

async function resourcesIn(
  trx: Transaction<Schema>,
  groupKey: string,
  { table, kind }: { table: 'machine' | 'user_identity'; kind: PrincipalResource['kind'] },
): Promise<PrincipalResource[]> {
  const rows = await trx
    .selectFrom(table)
    .select(['principal_id as principalId', 'resource_id as resourceId'])
    .where('group_key', '=', groupKey)
    .execute()
  return rows.map((row) => ({ kind, ...row }))
}
