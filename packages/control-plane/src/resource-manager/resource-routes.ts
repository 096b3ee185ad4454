/**
 * The lists of resources of every type in a subscription and in a resource group.
 *
 * @see https://learn.microsoft.com/rest/api/resources/resources
 * @module
 */

import type { ArmServerParts } from '../admission/arm-server.ts'
import type { ArmRoute } from '../arm/arm-route.ts'
import { RESOURCE_VERSIONS } from '../arm/provider-versions.ts'
import { routesOf } from '../arm/typed-routes.ts'
import { answersPage, RESOURCE } from '../openapi/arm-bodies.ts'
import { type ListedResource, listResources } from '../registry/resource-list.ts'
import { listsOf } from './listed-resources.ts'
import { readResourceFilter } from './resource-filter.ts'

/** The routes of the lists. */
export function resourceRoutes(parts: Pick<ArmServerParts, 'storage' | 'names'>): ArmRoute[] {
  const lists = listsOf(parts, async (range, { query }) => {
    const resources = await listResources(parts.storage.db, readResourceFilter(query.$filter ?? ''), range)
    return { rows: resources.map((one) => ({ key: one.resourceKey, body: bodyOf(one, query) })) }
  })
  return [
    routesOf('Microsoft.Resources/subscriptions/resources', RESOURCE_VERSIONS).get(
      '/subscriptions/{subscriptionId}/resources',
      {
        summary: 'Lists the resources of a subscription.',
        answers: answersPage('A page of them.', RESOURCE),
        handle: lists.inSubscription,
      },
    ),
    routesOf('Microsoft.Resources/subscriptions/resourceGroups/resources', RESOURCE_VERSIONS).get(
      '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/resources',
      {
        summary: 'Lists the resources of a resource group.',
        answers: answersPage('A page of them.', RESOURCE),
        handle: lists.inGroup,
      },
    ),
  ]
}

/** A resource as the list has it; `$expand` asks for the rest of it, of which only these are not for every list. */
function bodyOf(resource: ListedResource, { $expand = '' }: Readonly<Record<string, string>>): object {
  const { resourceId: id, name, type, location, tags } = resource
  const more: Readonly<Record<string, unknown>> = {
    createdtime: ['createdTime', resource.createdAt.toISOString()],
    changedtime: ['changedTime', resource.changedAt.toISOString()],
    provisioningstate: ['provisioningState', 'Succeeded'],
  }
  const wanted = $expand.toLowerCase().split(',')
  const expanded = Object.entries(more).flatMap(([key, pair]) => (wanted.includes(key.trim()) ? [pair] : []))
  return { id, name, type, location, tags, ...Object.fromEntries(expanded as [string, string][]) }
}
