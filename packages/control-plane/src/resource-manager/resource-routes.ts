/**
 * The lists of resources of every type in a subscription and in a resource group.
 *
 * @see https://learn.microsoft.com/rest/api/resources/resources
 * @module
 */

import type { ArmServerParts } from '../admission/arm-server.ts'
import { ArmError } from '../arm/arm-error.ts'
import type { ArmRoute } from '../arm/arm-route.ts'
import { parseFilter } from '../arm/odata-filter.ts'
import { RESOURCE_VERSIONS } from '../arm/provider-versions.ts'
import { routesOf } from '../arm/typed-routes.ts'
import { listResources, RESOURCE_TABLES, type ResourceType } from '../registry/resource-list.ts'
import { listsOf } from './listed-resources.ts'

/** The routes of the lists. */
export function resourceRoutes(parts: Pick<ArmServerParts, 'storage' | 'names'>): ArmRoute[] {
  const lists = listsOf(parts, async (range, { query }) => {
    const resources = await listResources(parts.storage.db, typesOf(query.$filter ?? ''), range)
    return resources.map(({ resourceKey, resourceId: id, ...body }) => ({
      key: resourceKey,
      body: { id, ...body },
    }))
  })
  return [
    routesOf('Microsoft.Resources/subscriptions/resources', RESOURCE_VERSIONS).get(
      '/subscriptions/{subscriptionId}/resources',
      { summary: 'Lists the resources of a subscription.', handle: lists.inSubscription },
    ),
    routesOf('Microsoft.Resources/subscriptions/resourceGroups/resources', RESOURCE_VERSIONS).get(
      '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/resources',
      { summary: 'Lists the resources of a resource group.', handle: lists.inGroup },
    ),
  ]
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
