/**
 * A resource group as Resource Manager writes and reads it.
 *
 * @see https://learn.microsoft.com/azure/templates/microsoft.resources/resourcegroups
 * @module
 */

import type { Kysely } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import { etagOf } from '../arm/etag.ts'
import { LOCATION_SCHEMA } from '../arm/location.ts'
import { TAGS_SCHEMA, type Tags } from '../arm/tags.ts'
import { findGroup, type GroupPlace, type ResourceGroup } from '../registry/resource-groups.ts'
import type { Schema } from '../storage/schema.ts'

/** At Azure only what manages a group may change it, which nothing enforces here. */
const MANAGED_BY = { enum: [null, ''] } as const

/** The schema of the body of a PUT. */
export const GROUP_PUT_SCHEMA = {
  type: 'object',
  properties: { location: LOCATION_SCHEMA, tags: TAGS_SCHEMA, managedBy: MANAGED_BY },
} as const

/** The schema of the body of a PATCH. */
export const GROUP_PATCH_SCHEMA = {
  type: 'object',
  properties: { tags: TAGS_SCHEMA, managedBy: MANAGED_BY },
} as const

/** A body as either schema lets it through. */
export interface GroupBody {
  location?: string
  tags?: Tags | null
}

/** The ETag of `group`. */
export function groupEtag({ created_at, version }: ResourceGroup): string {
  return etagOf(created_at.toString(36), version)
}

/** `group` as an answer shows it. */
export function groupBody(group: ResourceGroup): object {
  return {
    id: group.resource_id,
    name: group.name,
    type: 'Microsoft.Resources/resourceGroups',
    location: group.location,
    tags: JSON.parse(group.tags),
    properties: { provisioningState: 'Succeeded' },
  }
}

/** The group at `place`. @throws {ArmError} `ResourceGroupNotFound`. */
export async function requireGroup(
  db: Kysely<Schema>,
  place: Pick<GroupPlace, 'subscriptionId' | 'resourceGroup'>,
): Promise<ResourceGroup> {
  const group = await findGroup(db, place)
  if (!group) throw new ArmError('ResourceGroupNotFound', { name: place.resourceGroup })
  return group
}
