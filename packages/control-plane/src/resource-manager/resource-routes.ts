/**
 * The lists of resources of every type in a subscription and in a resource group.
 *
 * @see https://learn.microsoft.com/rest/api/resources/resources
 * @module
 */

import type { ArmServerParts } from '../admission/arm-server.ts'
import { ArmError } from '../arm/arm-error.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import { RESOURCE_VERSIONS } from '../arm/provider-versions.ts'
import { listResources, RESOURCE_TABLES, type ResourceType } from '../registry/resource-list.ts'
import { parseFilter } from './odata-filter.ts'
import { requireGroup } from './resource-group.ts'

type ResourceRouteParts = Pick<ArmServerParts, 'storage' | 'names'>

/** The routes of the lists. */
export function resourceRoutes(parts: ResourceRouteParts): ArmRoute[] {
  const versions = RESOURCE_VERSIONS
  return [
    armRoute({
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/resources',
      summary: 'Lists the resources of a subscription.',
      versions,
      action: 'Microsoft.Resources/subscriptions/resources/read',
      handle: (request) => list(parts, request, request.params),
    }),
    armRoute({
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/resources',
      summary: 'Lists the resources of a resource group.',
      versions,
      action: 'Microsoft.Resources/subscriptions/resourceGroups/resources/read',
      handle: async (request) => {
        const { subscriptionId, resourceGroupName: resourceGroup } = request.params
        const group = await requireGroup(parts.storage.db, { subscriptionId, resourceGroup })
        return list(parts, request, { subscriptionId, groupKey: group.resource_key })
      },
    }),
  ]
}

async function list(
  { storage, names }: ResourceRouteParts,
  request: ArmRequest<unknown>,
  { subscriptionId, groupKey }: { subscriptionId: string; groupKey?: string },
): Promise<ArmAnswer> {
  const page = pageOf(request)
  const resources = await listResources(storage.db, {
    subscriptionId: subscriptionId.toLowerCase(),
    groupKey,
    types: typesOf(request.query.$filter ?? ''),
    after: page.after,
    limit: page.limit + 1,
  })
  const rows = resources.map(({ resourceKey, resourceId: id, ...body }) => ({
    key: resourceKey,
    body: { id, ...body },
  }))
  return { body: pageBody(request, { origin: names.origin, page, rows }) }
}

/** The types that `filter` lets through: one, if it says so. */
function typesOf(filter: string): ResourceType[] {
  const all = Object.keys(RESOURCE_TABLES) as ResourceType[]
  const terms = parseFilter(filter)
  if (terms?.length === 0) return all
  const [term] = terms ?? []
  if (terms?.length !== 1 || term?.name !== 'resourcetype' || term.form !== 'equals') {
    throw new ArmError('InvalidFilterInQueryString', { filter })
  }
  return all.filter((type) => type.toLowerCase() === term.value.toLowerCase())
}
