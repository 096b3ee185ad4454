/**
 * Lists of resources, in a subscription or in one of its resource groups, page by page.
 *
 * @module
 */

import type { ArmServerParts } from '../admission/arm-server.ts'
import type { ArmAnswer, ArmRequest } from '../arm/arm-route.ts'
import { type KeyedList, pageBody, pageOf } from '../arm/paging.ts'
import type { ResourceRange } from '../registry/resource-list.ts'
import { requireGroup } from './resource-group.ts'

/** What lies in a part of the list, by its keys. */
type ReadRange = (range: ResourceRange, request: ArmRequest<unknown>) => Promise<KeyedList>

/** The handlers of both lists that `read` reads. */
export function listsOf({ storage, names }: Pick<ArmServerParts, 'storage' | 'names'>, read: ReadRange) {
  async function answer(
    request: ArmRequest<unknown>,
    { subscriptionId, groupKey }: Pick<ResourceRange, 'subscriptionId' | 'groupKey'>,
  ): Promise<ArmAnswer> {
    const page = pageOf(request)
    const range = { subscriptionId: subscriptionId.toLowerCase(), groupKey, ...page, limit: page.limit + 1 }
    const found = await read(range, request)
    return { body: pageBody(request, { origin: names.origin, page, ...found }) }
  }
  return {
    inSubscription: (request: ArmRequest<{ subscriptionId: string }>) => answer(request, request.params),
    inGroup: async (request: ArmRequest<{ subscriptionId: string; resourceGroupName: string }>) => {
      const { subscriptionId, resourceGroupName: resourceGroup } = request.params
      const group = await requireGroup(storage.db, { subscriptionId, resourceGroup })
      return answer(request, { subscriptionId, groupKey: group.resource_key })
    },
  }
}
