/**
 * The routes of user-assigned identities.
 *
 * @see https://learn.microsoft.com/rest/api/managedidentity/user-assigned-identities
 * @module
 */

import type { Transaction } from 'kysely'
import type { ArmServerParts } from '../admission/arm-server.ts'
import { ArmError } from '../arm/arm-error.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { checkPreconditions } from '../arm/etag.ts'
import { normalizeLocation } from '../arm/location.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import { searchIn } from '../arm/search-text.ts'
import type { Tags } from '../arm/tags.ts'
import { routesOf } from '../arm/typed-routes.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { keepAdministrator } from '../authorization/last-administrator.ts'
import { ANSWERS_DELETED, answers200, answersPage, answersWritten, RESOURCE } from '../openapi/arm-bodies.ts'
import { machinesWithIdentity } from '../registry/assigned-identities.ts'
import {
  changeUserIdentityTags,
  createUserIdentity,
  endUserIdentity,
  findUserIdentity,
  listUserIdentities,
  type UserIdentity,
  userIdentityResourceId,
} from '../registry/user-identities.ts'
import type { Schema } from '../storage/schema.ts'
import { listsOf } from './listed-resources.ts'
import { MACHINE_TYPE } from './machine-body.ts'
import { requireGroup } from './resource-group.ts'
import {
  IDENTITY_PATCH_SCHEMA,
  IDENTITY_PUT_SCHEMA,
  IDENTITY_TYPE,
  IDENTITY_VERSIONS,
  requireUserIdentity,
  type UserIdentityBody,
  type UserIdentityParams,
  userIdentityBody,
  userIdentityEtag,
  userIdentityPlace,
} from './user-identity.ts'

const SUBSCRIPTION = '/subscriptions/{subscriptionId}'
const GROUP = `${SUBSCRIPTION}/resourceGroups/{resourceGroupName}` as const
const IN_SUBSCRIPTION = `${SUBSCRIPTION}/providers/${IDENTITY_TYPE}` as const
const IN_GROUP = `${GROUP}/providers/${IDENTITY_TYPE}` as const
const IDENTITY = `${IN_GROUP}/{identityName}` as const

const identities = routesOf(IDENTITY_TYPE, IDENTITY_VERSIONS)

/** What the routes work with. */
export type UserIdentityRouteParts = Pick<ArmServerParts, 'storage' | 'names'>

/** The routes of user-assigned identities. */
export function userIdentityRoutes(parts: UserIdentityRouteParts): ArmRoute[] {
  return [...listRoutes(parts), ...oneRoutes(parts), associatedRoute(parts)]
}

function listRoutes(parts: UserIdentityRouteParts): ArmRoute[] {
  const lists = listsOf(parts, async (range, { query }) => ({
    rows: (await listUserIdentities(parts.storage.db, range, searchAlone(query))).map((one) => ({
      key: one.identity.resourceId.toLowerCase(),
      body: userIdentityBody(one),
    })),
  }))
  return [
    identities.get(IN_SUBSCRIPTION, {
      summary:
        'Lists the user-assigned identities of a subscription; with $search those whose names begin with it, or that have it as an id.',
      answers: answersPage('A page of them.', RESOURCE),
      handle: lists.inSubscription,
    }),
    identities.get(IN_GROUP, {
      summary: 'Lists the user-assigned identities of a resource group, with the same $search.',
      answers: answersPage('A page of them.', RESOURCE),
      handle: lists.inGroup,
    }),
  ]
}

/** What identities are looked for by. A filter that was ignored would seem to be obeyed. @throws {ArmError} for one. */
function searchAlone(query: ArmRequest['query']): string {
  const { $filter = '' } = query
  if ($filter.trim() === '') return searchIn(query)
  throw new ArmError('InvalidFilterInQueryString', { filter: $filter.slice(0, QUOTED_CHARACTERS) })
}

/** A value is quoted so far. */
const QUOTED_CHARACTERS = 100

function oneRoutes({ storage, names }: UserIdentityRouteParts): ArmRoute[] {
  return [
    identities.get(IDENTITY, {
      summary: 'Gets a user-assigned identity.',
      answers: answers200('The identity.', RESOURCE),
      handle: async ({ params }) => answerOf(await requireUserIdentity(storage.db, params)),
    }),
    identities.put(IDENTITY, {
      summary: 'Makes a user-assigned identity, or changes its tags.',
      answers: answersWritten('The identity.', RESOURCE),
      body: IDENTITY_PUT_SCHEMA,
      handle: (request) => storage.change((trx) => put(trx, request, names.tenantId)),
    }),
    identities.patch(IDENTITY, {
      summary: 'Changes the tags of a user-assigned identity.',
      answers: answers200('The identity.', RESOURCE),
      body: IDENTITY_PATCH_SCHEMA,
      handle: (request) => storage.change((trx) => patch(trx, request)),
    }),
    identities.delete(IDENTITY, {
      summary: 'Deletes a user-assigned identity and takes it from every machine.',
      answers: ANSWERS_DELETED,
      handle: (request) => storage.change((trx) => remove(trx, request)),
    }),
  ]
}

/** Azure had it in one preview only; without it an administrator could not tell which machines use an identity before deleting it. */
function associatedRoute({ storage, names }: UserIdentityRouteParts): ArmRoute {
  return armRoute({
    method: 'POST',
    path: `${IDENTITY}/listAssociatedResources`,
    summary: 'Lists the machines that have a user-assigned identity.',
    answers: answersPage('A page of them.', RESOURCE),
    versions: IDENTITY_VERSIONS,
    action: `${IDENTITY_TYPE}/listAssociatedResources/action`,
    handle: async (request) => {
      const { identity } = await requireUserIdentity(storage.db, request.params)
      const page = pageOf(request)
      const machines = await machinesWithIdentity(storage.db, {
        identityPrincipalId: identity.principalId,
        after: page.after,
        limit: page.limit + 1,
      })
      const rows = machines.map((machine) => ({ key: machine.resource_key, body: associatedBody(machine) }))
      return { body: pageBody(request, { origin: names.origin, page, rows }) }
    },
  })
}

function associatedBody(machine: Schema['machine']): object {
  return {
    id: machine.resource_id,
    name: machine.name,
    type: MACHINE_TYPE,
    resourceGroup: machine.resource_group,
    subscriptionId: machine.subscription_id,
  }
}

async function put(
  trx: Transaction<Schema>,
  request: ArmRequest<UserIdentityParams>,
  tenantId: string,
): Promise<ArmAnswer> {
  const body = (request.body ?? {}) as UserIdentityBody
  const place = userIdentityPlace(request.params)
  const group = await requireGroup(trx, place)
  const kept = await findUserIdentity(trx, userIdentityResourceId(place))
  checkPreconditions(request.headers, kept && userIdentityEtag(kept))
  const location = body.location === undefined ? undefined : normalizeLocation(body.location)
  if (kept) {
    checkLocation(kept, location)
    return answerOf(await changeTags(trx, request, { kept, tags: body.tags ?? {} }))
  }
  if (location === undefined) throw new ArmError('LocationRequired')
  const made = await createUserIdentity(trx, {
    place: { ...place, resourceGroup: group.name },
    groupKey: group.resource_key,
    tenantId,
    location,
    tags: body.tags ?? {},
    time: request.time,
  })
  await recordAudit(trx, [request.audit('create-identity', made.identity)])
  return { ...answerOf(made), status: 201 }
}

function checkLocation(
  { name, resourceGroup: group, location: existing }: UserIdentity,
  location = existing,
): void {
  if (location !== existing)
    throw new ArmError('InvalidResourceLocation', { name, group, existing, location })
}

async function patch(trx: Transaction<Schema>, request: ArmRequest<UserIdentityParams>): Promise<ArmAnswer> {
  const { tags } = (request.body ?? {}) as UserIdentityBody
  const kept = await requireUserIdentity(trx, request.params)
  checkPreconditions(request.headers, userIdentityEtag(kept))
  if (tags === undefined) return answerOf(kept)
  return answerOf(await changeTags(trx, request, { kept, tags: tags ?? {} }))
}

async function changeTags(
  trx: Transaction<Schema>,
  request: ArmRequest<unknown>,
  { kept, tags }: { kept: UserIdentity; tags: Tags },
): Promise<UserIdentity> {
  const changed = await changeUserIdentityTags(trx, kept, { tags, time: request.time })
  await recordAudit(trx, [request.audit('change-identity', kept.identity)])
  return changed
}

async function remove(trx: Transaction<Schema>, request: ArmRequest<UserIdentityParams>): Promise<ArmAnswer> {
  const place = userIdentityPlace(request.params)
  await requireGroup(trx, place)
  const kept = await findUserIdentity(trx, userIdentityResourceId(place))
  checkPreconditions(request.headers, kept && userIdentityEtag(kept))
  if (!kept) return { status: 204 }
  await keepAdministrator(trx, { principalIds: [kept.identity.principalId] })
  await endUserIdentity(trx, kept.identity, request.time)
  await recordAudit(trx, [request.audit('delete-identity', kept.identity)])
  return {}
}

function answerOf(identity: UserIdentity): ArmAnswer {
  return { body: userIdentityBody(identity), headers: { ETag: userIdentityEtag(identity) } }
}
