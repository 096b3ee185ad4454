/**
 * Resources of every type, as one list.
 *
 * @module
 */

import { type Kysely, type SqlBool, sql } from 'kysely'
import { asciiLower } from '../storage/ascii-lower.ts'
import type { Schema } from '../storage/schema.ts'
import { hasTag, readWanted, type TagFilter } from './tag-filter.ts'

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
  createdAt: Date
  changedAt: Date
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

/** What a resource must be to be wanted. Names are the same in any case. */
export interface ResourceFilter {
  types: readonly ResourceType[]
  name?: string | undefined
  nameContains?: string | undefined
  namePrefix?: string | undefined
  /** The name of its resource group. */
  group?: string | undefined
  /** As locations are kept. */
  location?: string | undefined
  tag?: TagFilter | undefined
}

/** The resources in `range` that `filter` lets through, by their keys. */
export async function listResources(
  db: Kysely<Schema>,
  filter: ResourceFilter,
  range: ResourceRange,
): Promise<ListedResource[]> {
  const lists = await Promise.all(filter.types.map((type) => listType(db, type, { filter, range })))
  return lists
    .flat()
    .toSorted((one, other) => (one.resourceKey < other.resourceKey ? -1 : 1))
    .slice(0, range.limit)
}

const COLUMNS = [
  'resource_key',
  'resource_id',
  'name',
  'location',
  'tags',
  'created_at',
  'changed_at',
] as const

type Row = Pick<Schema['machine'], (typeof COLUMNS)[number]>

async function listType(
  db: Kysely<Schema>,
  type: ResourceType,
  { filter, range }: { filter: ResourceFilter; range: ResourceRange },
): Promise<ListedResource[]> {
  const { subscriptionId, groupKey } = range
  const all = db.selectFrom(RESOURCE_TABLES[type]).select(COLUMNS)
  let within =
    groupKey === undefined
      ? all.where('subscription_id', '=', subscriptionId)
      : all.where('group_key', '=', groupKey)
  for (const condition of conditionsOf(filter)) within = within.where(condition)
  const rows = await readWanted<Row>(
    range,
    ({ after, limit }) =>
      within.where('resource_key', '>', after).orderBy('resource_key').limit(limit).execute(),
    { wanted: testOf(filter), keyOf: ({ resource_key }) => resource_key },
  )
  return rows.map((row) => ({
    resourceKey: row.resource_key,
    resourceId: row.resource_id,
    type,
    name: row.name,
    location: row.location,
    tags: JSON.parse(row.tags),
    createdAt: new Date(row.created_at),
    changedAt: new Date(row.changed_at),
  }))
}

/** What the database can decide. */
function conditionsOf({ name, group, location }: ResourceFilter) {
  return [
    ...(name === undefined ? [] : [sql<SqlBool>`lower(name) = ${asciiLower(name)}`]),
    ...(group === undefined ? [] : [sql<SqlBool>`lower(resource_group) = ${asciiLower(group)}`]),
    ...(location === undefined ? [] : [sql<SqlBool>`location = ${location}`]),
  ]
}

/** What it cannot. */
function testOf({ nameContains, namePrefix, tag }: ResourceFilter) {
  if (nameContains === undefined && namePrefix === undefined && tag === undefined) return undefined
  const part = asciiLower(nameContains ?? '')
  const prefix = asciiLower(namePrefix ?? '')
  return ({ name, tags }: { name: string; tags: string }) => {
    const lower = asciiLower(name)
    return lower.includes(part) && lower.startsWith(prefix) && (tag === undefined || hasTag(tags, tag))
  }
}

/** The locations of the resource groups and resources of a subscription. */
export async function locationsInUse(db: Kysely<Schema>, subscriptionId: string): Promise<string[]> {
  const tables = ['resource_group', ...Object.values(RESOURCE_TABLES)] as const
  const found = await Promise.all(
    tables.map((table) =>
      db
        .selectFrom(table)
        .select('location')
        .distinct()
        .where('subscription_id', '=', subscriptionId)
        .execute(),
    ),
  )
  return [...new Set(found.flat().map(({ location }) => location))].toSorted()
}
