/**
 * Tags as a resource of their own, by which they are changed without the rest of what has them.
 *
 * @see https://learn.microsoft.com/rest/api/resources/tags
 * @module
 */

import type { Transaction } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { RESOURCE_VERSIONS } from '../arm/provider-versions.ts'
import { checkTags, TAGS_SCHEMA, type Tags, tagKey } from '../arm/tags.ts'
import { type ArmMethod, actionOf } from '../arm/typed-routes.ts'
import type { AuditAction } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { answers200, answersPage, IDENTIFIED, RESOURCE } from '../openapi/arm-bodies.ts'
import { changeTags, countTags, findTagged, type Tagged } from '../registry/resource-tags.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { checkScopeExists, GROUP_SCOPE, RESOURCE_SCOPE, scopeIn } from './scoped-routes.ts'

const TYPE = 'Microsoft.Resources/tags'

const PROPERTIES = { type: 'object', properties: { tags: TAGS_SCHEMA } } as const

const PUT_BODY = { type: 'object', required: ['properties'], properties: { properties: PROPERTIES } } as const

const PATCH_BODY = {
  ...PUT_BODY,
  required: ['operation', 'properties'],
  properties: { operation: { type: 'string', enum: ['Merge', 'Replace', 'Delete'] }, properties: PROPERTIES },
} as const

interface TagsBody {
  operation?: 'Merge' | 'Replace' | 'Delete'
  properties: { tags?: Tags | null }
}

/** What the trail calls a change of the tags of what is in a table. */
const CHANGES = {
  resource_group: 'change-resource-group',
  machine: 'change-machine',
  user_identity: 'change-identity',
} as const satisfies Record<Tagged['table'], AuditAction>

/** The routes. A subscription has no tags here. */
export function tagRoutes({ storage }: { storage: Storage }): ArmRoute[] {
  const places = [GROUP_SCOPE, RESOURCE_SCOPE]
  return [...places.flatMap((place) => routesAt(storage, place)), tagNamesRoute(storage)]
}

function routesAt(storage: Storage, place: string): ArmRoute[] {
  const at = (method: ArmMethod, route: Pick<ArmRoute<string>, 'summary' | 'answers' | 'body' | 'handle'>) =>
    armRoute<string>({
      method,
      path: `${place}/providers/${TYPE}/default`,
      versions: RESOURCE_VERSIONS,
      action: actionOf(TYPE, method),
      ...route,
    })
  const changing = (change: (kept: Tags, body: TagsBody) => Tags): ArmRoute<string>['handle'] => {
    return (request) => storage.change((trx) => write(trx, { request: request as ArmRequest, place, change }))
  }
  return [
    at('GET', {
      summary: 'Gets the tags of a resource group or of a resource.',
      answers: answers200('The tags.', RESOURCE),
      handle: async (request) =>
        answerOf(await required(storage.db, { request: request as ArmRequest, place })),
    }),
    at('PUT', {
      summary: 'Gives a resource group or a resource these tags instead of those it has.',
      answers: answers200('The tags.', RESOURCE),
      body: PUT_BODY,
      handle: changing((_kept, { properties }) => properties.tags ?? {}),
    }),
    at('PATCH', {
      summary: 'Adds these tags, takes them away, or puts them in place of those there are.',
      answers: answers200('The tags that there are now.', RESOURCE),
      body: PATCH_BODY,
      handle: changing(patched),
    }),
    at('DELETE', {
      summary: 'Takes all tags away.',
      answers: answers200('No tags.', RESOURCE),
      handle: changing(() => ({})),
    }),
  ]
}

interface Place {
  request: ArmRequest
  place: string
}

async function required(db: Transaction<Schema> | Storage['db'], { request, place }: Place): Promise<Tagged> {
  const { params } = request
  const scope = scopeIn(place, params)
  await checkScopeExists(db, { scope, params })
  const tagged = await findTagged(db, scope.key)
  if (!tagged) throw new ArmError('HttpResourceNotFound', { url: scope.id })
  return tagged
}

async function write(
  trx: Transaction<Schema>,
  { request, place, change }: Place & { change: (kept: Tags, body: TagsBody) => Tags },
): Promise<ArmAnswer> {
  const tagged = await required(trx, { request, place })
  const tags = change(tagged.tags, request.body as TagsBody)
  checkTags(tags)
  await changeTags(trx, tagged, { tags, time: request.time })
  const { resourceId, principalId } = tagged
  const subject = principalId === undefined ? { resourceId } : { resourceId, principalId }
  await recordAudit(trx, [request.audit(CHANGES[tagged.table], subject)])
  return answerOf({ ...tagged, tags })
}

/** Names of tags are the same in any case. A tag is taken away by its name and value, as Azure does it. */
function patched(kept: Tags, { operation, properties: { tags } }: TagsBody): Tags {
  const given = Object.entries(tags ?? {})
  if (operation === 'Replace') return Object.fromEntries(given)
  const isNamed = (name: string) => given.find(([one]) => tagKey(one) === tagKey(name))
  if (operation === 'Merge') {
    const others = Object.entries(kept).filter(([name]) => !isNamed(name))
    return Object.fromEntries([...others, ...given])
  }
  return Object.fromEntries(Object.entries(kept).filter(([name, value]) => isNamed(name)?.[1] !== value))
}

function answerOf({ resourceId, tags }: Pick<Tagged, 'resourceId' | 'tags'>): ArmAnswer {
  const id = `${resourceId}/providers/${TYPE}/default`
  return { body: { id, name: 'default', type: TYPE, properties: { tags } } }
}

function tagNamesRoute({ db }: Storage): ArmRoute {
  return armRoute({
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/tagNames',
    summary: 'Lists the names and values of all tags in a subscription.',
    answers: answersPage('The names.', IDENTIFIED),
    versions: RESOURCE_VERSIONS,
    action: 'Microsoft.Resources/subscriptions/tagNames/read',
    handle: async ({ params }) => {
      const id = `/subscriptions/${params.subscriptionId}/tagNames`
      const counts = await countTags(db, params.subscriptionId.toLowerCase())
      return { body: { value: [...counts].map(([name, values]) => tagNameBody(id, name, values)) } }
    },
  })
}

function tagNameBody(list: string, tagName: string, counts: ReadonlyMap<string, number>): object {
  const id = `${list}/${tagName}`
  const countOf = (value: number) => ({ type: 'Total', value })
  const values = [...counts].map(([tagValue, count]) => ({
    id: `${id}/tagValues/${tagValue}`,
    tagValue,
    count: countOf(count),
  }))
  return { id, tagName, count: countOf([...counts.values()].reduce((sum, one) => sum + one, 0)), values }
}
