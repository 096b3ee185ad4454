/**
 * The routes of resource groups.
 *
 * @see https://learn.microsoft.com/rest/api/resources/resource-groups
 * @module
 */

import type { ArmServerParts } from '../admission/arm-server.ts'
import { ArmError } from '../arm/arm-error.ts'
import type { ArmAnswer, ArmRequest, ArmRoute } from '../arm/arm-route.ts'
import { checkPreconditions } from '../arm/etag.ts'
import { normalizeLocation } from '../arm/location.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import { RESOURCE_VERSIONS } from '../arm/provider-versions.ts'
import { routesOf } from '../arm/typed-routes.ts'
import { type AuditEntry, recordAudit } from '../audit/audit-trail.ts'
import { keepAdministrator } from '../authorization/last-administrator.ts'
import { answers200, answersPage, answersWritten, nothing, RESOURCE } from '../openapi/arm-bodies.ts'
import {
  changeGroupTags,
  endGroup,
  ensureGroup,
  findGroup,
  type GroupPlace,
  listGroups,
  type ResourceGroup,
  resourcesOf,
} from '../registry/resource-groups.ts'
import type { Storage } from '../storage/storage.ts'
import { readGroupFilter } from './resource-filter.ts'
import {
  GROUP_PATCH_SCHEMA,
  GROUP_PUT_SCHEMA,
  type GroupBody,
  groupBody,
  groupEtag,
  requireGroup,
} from './resource-group.ts'

const GROUPS = '/subscriptions/{subscriptionId}/resourceGroups'
const GROUP = `${GROUPS}/{resourceGroupName}` as const

interface GroupParams {
  subscriptionId: string
  resourceGroupName: string
}

const groups = routesOf('Microsoft.Resources/subscriptions/resourceGroups', RESOURCE_VERSIONS)

/** The routes of resource groups. */
export function resourceGroupRoutes(parts: Pick<ArmServerParts, 'storage' | 'names'>): ArmRoute[] {
  return [...readRoutes(parts), ...writeRoutes(parts.storage)]
}

function readRoutes({ storage, names }: Pick<ArmServerParts, 'storage' | 'names'>): ArmRoute[] {
  return [
    groups.get(GROUPS, {
      summary: 'Lists the resource groups of a subscription.',
      answers: answersPage('A page of them.', RESOURCE),
      handle: (request) => list({ storage, names }, request),
    }),
    groups.get(GROUP, {
      summary: 'Gets a resource group.',
      answers: answers200('The resource group.', RESOURCE),
      handle: async ({ params }) => groupAnswer(await requireGroup(storage.db, placeOf(params))),
    }),
  ]
}

function writeRoutes(storage: Storage): ArmRoute[] {
  return [
    groups.put(GROUP, {
      summary: 'Makes a resource group, or changes its tags.',
      answers: answersWritten('The resource group.', RESOURCE),
      body: GROUP_PUT_SCHEMA,
      handle: (request) => put(storage, request),
    }),
    groups.patch(GROUP, {
      summary: 'Changes the tags of a resource group.',
      answers: answers200('The resource group.', RESOURCE),
      body: GROUP_PATCH_SCHEMA,
      handle: (request) => patch(storage, request),
    }),
    groups.delete(GROUP, {
      summary: 'Deletes a resource group with everything in it.',
      answers: { 200: nothing('It is deleted.') },
      handle: (request) => remove(storage, request),
    }),
  ]
}

function placeOf({
  subscriptionId,
  resourceGroupName: resourceGroup,
}: GroupParams): Omit<GroupPlace, 'location'> {
  return { subscriptionId: subscriptionId.toLowerCase(), resourceGroup }
}

function groupAnswer(group: ResourceGroup, status = 200): ArmAnswer {
  return { status, body: groupBody(group), headers: { ETag: groupEtag(group) } }
}

async function list(
  { storage, names }: Pick<ArmServerParts, 'storage' | 'names'>,
  request: ArmRequest<{ subscriptionId: string }>,
): Promise<ArmAnswer> {
  const page = pageOf(request)
  const found = await listGroups(storage.db, {
    subscriptionId: request.params.subscriptionId.toLowerCase(),
    after: page.after,
    limit: page.limit + 1,
    tag: readGroupFilter(request.query.$filter ?? ''),
  })
  const rows = found.map((group) => ({ key: group.resource_key, body: groupBody(group) }))
  return { body: pageBody(request, { origin: names.origin, page, rows }) }
}

function put({ change }: Storage, request: ArmRequest<GroupParams>): Promise<ArmAnswer> {
  const { location: asked, tags } = (request.body ?? {}) as GroupBody
  if (asked === undefined) throw new ArmError('LocationRequired')
  const location = normalizeLocation(asked)
  const place = placeOf(request.params)
  const { time } = request
  return change(async (trx) => {
    const kept = await findGroup(trx, place)
    checkPreconditions(request.headers, kept && groupEtag(kept))
    if (kept && kept.location !== location) {
      throw new ArmError('InvalidResourceGroupLocation', { location, existing: kept.location })
    }
    if (kept) await changeGroupTags(trx, kept, { tags: tags ?? {}, time })
    else await ensureGroup(trx, { ...place, location }, { time, tags: tags ?? {} })
    const group = await requireGroup(trx, place)
    const action = kept ? 'change-resource-group' : 'create-resource-group'
    await recordAudit(trx, [request.audit(action, { resourceId: group.resource_id })])
    return groupAnswer(group, kept ? 200 : 201)
  })
}

function patch({ change }: Storage, request: ArmRequest<GroupParams>): Promise<ArmAnswer> {
  const { tags } = (request.body ?? {}) as GroupBody
  const place = placeOf(request.params)
  const { time } = request
  return change(async (trx) => {
    const kept = await requireGroup(trx, place)
    checkPreconditions(request.headers, groupEtag(kept))
    if (tags !== undefined) await changeGroupTags(trx, kept, { tags: tags ?? {}, time })
    await recordAudit(trx, [request.audit('change-resource-group', { resourceId: kept.resource_id })])
    return groupAnswer(await requireGroup(trx, place))
  })
}

/** It is over when it is answered, so clients that would wait for it have nothing to wait for. */
function remove({ change }: Storage, request: ArmRequest<GroupParams>): Promise<ArmAnswer> {
  return change(async (trx) => {
    const group = await requireGroup(trx, placeOf(request.params))
    checkPreconditions(request.headers, groupEtag(group))
    const ended = await resourcesOf(trx, group)
    await keepAdministrator(trx, { principalIds: ended.map(({ principalId }) => principalId) })
    await endGroup(trx, group, request.time)
    const entries: AuditEntry[] = [
      request.audit('delete-resource-group', { resourceId: group.resource_id }),
      ...ended.map(({ kind, ...resource }) => request.audit(`delete-${kind}`, resource)),
    ]
    await recordAudit(trx, entries)
    return { status: 200 }
  })
}
