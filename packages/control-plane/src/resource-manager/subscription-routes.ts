/**
 * The tenant and its subscriptions, which a client reads first.
 *
 * @see https://learn.microsoft.com/rest/api/resources/subscriptions
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import { type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { SUBSCRIPTION_VERSIONS } from '../arm/provider-versions.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { listRoleAssignments } from '../authorization/role-assignments.ts'
import { parseScope } from '../authorization/scope.ts'
import { readGuid } from '../guid.ts'
import { answers200, answersPage, IDENTIFIED, NAMED, SUBSCRIPTION } from '../openapi/arm-bodies.ts'
import { locationsInUse } from '../registry/resource-list.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'

const READ = 'Microsoft.Resources/subscriptions/read'

const RENAME_VERSIONS = ['2019-03-01-preview', '2019-10-01-preview', '2020-09-01', '2021-10-01'] as const

const RENAME_SCHEMA = {
  type: 'object',
  required: ['subscriptionName'],
  properties: { subscriptionName: { type: 'string', pattern: '\\S', maxLength: 64 } },
} as const

const RENAMED = {
  type: 'object',
  required: ['subscriptionId'],
  properties: { subscriptionId: { type: 'string' } },
} as const

/** The routes of subscriptions and tenants. */
export function subscriptionRoutes({ storage }: { storage: Storage }): ArmRoute[] {
  return [
    armRoute({
      method: 'GET',
      path: '/tenants',
      summary: 'Lists the tenant of the caller.',
      answers: answersPage('The tenant.', IDENTIFIED),
      versions: SUBSCRIPTION_VERSIONS,
      handle: async () => ({ body: { value: await tenants(storage) } }),
    }),
    armRoute({
      method: 'GET',
      path: '/subscriptions',
      summary: 'Lists the subscriptions that the caller may read.',
      answers: answersPage('The subscriptions.', SUBSCRIPTION),
      versions: SUBSCRIPTION_VERSIONS,
      handle: async (request) => ({ body: { value: await visibleSubscriptions(storage, request) } }),
    }),
    armRoute({
      method: 'GET',
      path: '/subscriptions/{subscriptionId}',
      summary: 'Gets a subscription.',
      answers: answers200('The subscription.', SUBSCRIPTION),
      versions: SUBSCRIPTION_VERSIONS,
      handle: async (request) => {
        const { subscriptionId } = request.params
        const id = `/subscriptions/${subscriptionId}`
        if (!(await isVisible(storage, request, id))) await request.check(READ, id)
        return { body: await subscription(storage, subscriptionId) }
      },
    }),
    armRoute({
      method: 'GET',
      path: '/subscriptions/{subscriptionId}/locations',
      summary: 'Lists the locations that are in use: any other name is one as well.',
      answers: answersPage('The locations.', NAMED),
      versions: SUBSCRIPTION_VERSIONS,
      action: 'Microsoft.Resources/subscriptions/locations/read',
      handle: async ({ params }) => ({ body: { value: await locations(storage, params.subscriptionId) } }),
    }),
    armRoute({
      method: 'POST',
      path: '/subscriptions/{subscriptionId}/providers/Microsoft.Subscription/rename',
      summary: 'Gives a subscription another display name.',
      answers: answers200('It has the name.', RENAMED),
      versions: RENAME_VERSIONS,
      action: 'Microsoft.Subscription/rename/action',
      body: RENAME_SCHEMA,
      handle: (request) => rename(storage, request),
    }),
  ]
}

async function tenants({ db }: Storage): Promise<object[]> {
  const rows = await db.selectFrom('tenant').select('id').orderBy('id').execute()
  return rows.map(({ id }) => ({ id: `/tenants/${id}`, tenantId: id, tenantCategory: 'Home' }))
}

async function visibleSubscriptions(storage: Storage, request: ArmRequest<unknown>): Promise<object[]> {
  const rows = await storage.db.selectFrom('subscription').selectAll().orderBy('id').execute()
  const visible = await Promise.all(rows.map(({ id }) => isVisible(storage, request, `/subscriptions/${id}`)))
  return rows.filter((_, index) => visible[index]).map(subscriptionBody)
}

/** A caller with a role at a subscription, above it or anywhere in it sees it: else it could not go there. */
async function isVisible(
  { db }: Storage,
  { caller: { principalId } }: Pick<ArmRequest<unknown>, 'caller'>,
  subscription: string,
): Promise<boolean> {
  const scope = parseScope(subscription)
  if (!scope) return false
  const own = { principalId, throughGroups: true }
  const [role] = await listRoleAssignments(db, { scope, below: true, ...own, after: '', limit: 1 })
  return role !== undefined
}

async function subscription({ db }: Storage, subscriptionId: string): Promise<object> {
  const id = readGuid(subscriptionId) ?? ''
  const row = await db.selectFrom('subscription').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw new ArmError('SubscriptionNotFound', { subscriptionId })
  return subscriptionBody(row)
}

function rename({ change }: Storage, request: ArmRequest<{ subscriptionId: string }>): Promise<ArmAnswer> {
  const { subscriptionName: display_name } = request.body as { subscriptionName: string }
  const id = readGuid(request.params.subscriptionId) ?? ''
  return change(async (trx) => {
    await trx.updateTable('subscription').set({ display_name }).where('id', '=', id).execute()
    await recordAudit(trx, [request.audit('rename-subscription', { resourceId: `/subscriptions/${id}` })])
    return { body: { subscriptionId: id } }
  })
}

async function locations({ db }: Storage, subscriptionId: string): Promise<object[]> {
  const names = await locationsInUse(db, subscriptionId.toLowerCase())
  return names.map((name) => ({
    id: `/subscriptions/${subscriptionId}/locations/${name}`,
    name,
    type: 'Region',
    displayName: name,
    regionalDisplayName: name,
    metadata: { regionType: 'Physical', regionCategory: 'Other' },
  }))
}

function subscriptionBody(row: Schema['subscription']): object {
  return {
    id: `/subscriptions/${row.id}`,
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    subscriptionId: row.id,
    tenantId: row.tenant_id,
    displayName: row.display_name,
    state: 'Enabled',
  }
}
