/**
 * Resources of every type, as one list.
 *
 * @module
 */

import type { Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'

/** The types of resources, and the table of each. */
export const RESOURCE_TABLES = {
  'Microsoft.HybridCompute/machines': 'machine',
  'Microsoft.ManagedIdentity/userAssignedIdentities': 'user_identity',
} as const

/** A type of resource. */
export type ResourceType = keyof typeof RESOURCE_TABLES

/** What all resources have. */
export interface ListedResource {
  resourceKey: string
  resourceId: string
  type: ResourceType
  name: string
  location: string
  tags: Readonly<Record<string, string>>
}

/** Which resources are wanted: those of a subscription, or of one of its resource groups. */
export interface ResourceRange {
  subscriptionId: string
  /** The `resource_key` of the group. */
  groupKey?: string | undefined
  /** Only those after this `resource_key`. */
  after: string
  limit: number
}

/** The resources of `types` in `range`, by their keys. */
export async function listResources(
  db: Kysely<Schema>,
  types: readonly ResourceType[],
  range: ResourceRange,
): Promise<ListedResource[]> {
  const lists = await Promise.all(types.map((type) => listType(db, type, range)))
  return lists
    .flat()
    .toSorted((one, other) => (one.resourceKey < other.resourceKey ? -1 : 1))
    .slice(0, range.limit)
}

async function listType(
  db: Kysely<Schema>,
  type: ResourceType,
  { subscriptionId, groupKey, after, limit }: ResourceRange,
): Promise<ListedResource[]> {
  const all = db
    .selectFrom(RESOURCE_TABLES[type])
    .select(['resource_key as resourceKey', 'resource_id as resourceId', 'name', 'location', 'tags'])
  const within =
    groupKey === undefined
      ? all.where('subscription_id', '=', subscriptionId)
      : all.where('group_key', '=', groupKey)
  const rows = await within.where('resource_key', '>', after).orderBy('resource_key').limit(limit).execute()
  return rows.map((row) => ({ ...row, type, tags: JSON.parse(row.tags) }))
}
