/**
 * Resource groups: made when the first resource comes into them, as `azcmagent connect` does.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'

/** Where a resource group is. */
export interface GroupPlace {
  subscriptionId: string
  resourceGroup: string
  location: string
}

/** The ARM id of the resource group at `place`. */
export function groupResourceId({
  subscriptionId,
  resourceGroup,
}: Pick<GroupPlace, 'subscriptionId' | 'resourceGroup'>): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`
}

/** Makes the group at `place` if there is none; resolves to its `resource_key`. */
export async function ensureGroup(trx: Transaction<Schema>, place: GroupPlace, time: Date): Promise<string> {
  const resourceId = groupResourceId(place)
  const row = {
    resource_key: resourceId.toLowerCase(),
    resource_id: resourceId,
    subscription_id: place.subscriptionId,
    name: place.resourceGroup,
    location: place.location,
    tags: '{}',
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
