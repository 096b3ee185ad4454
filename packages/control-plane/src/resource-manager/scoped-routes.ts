/**
 * Routes that exist at every scope, since role definitions and assignments belong to the resource that they are about.
 *
 * @see https://learn.microsoft.com/azure/azure-resource-manager/management/extension-resource-types
 * @module
 */

import type { Kysely } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import { type ArmAction, type ArmAnswer, type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { type ArmMethod, actionOf } from '../arm/typed-routes.ts'
import { parseScope, type Scope } from '../authorization/scope.ts'
import type { Schema } from '../storage/schema.ts'

const SUBSCRIPTION = '/subscriptions/{subscriptionId}'

/** The path of a resource group. */
export const GROUP_SCOPE = `${SUBSCRIPTION}/resourceGroups/{resourceGroupName}`

/** The path of a resource of any type. */
export const RESOURCE_SCOPE = `${GROUP_SCOPE}/providers/{resourceProviderNamespace}/{resourceType}/{resourceName}`

/** What stands before "/providers/Microsoft.Authorization": everything, a subscription, a group, a resource. */
const SCOPES = ['', SUBSCRIPTION, GROUP_SCOPE, RESOURCE_SCOPE] as const

/** A request about a scope. */
export type ScopedRequest = ArmRequest & { scope: Scope }

/** A route whose `path` is what follows the scope. */
export interface ScopedRoute extends Omit<ArmRoute, 'handle' | 'scope'> {
  handle(request: ScopedRequest): Promise<ArmAnswer>
}

/** Declares routes of extension resources of `type`, as `routesOf` does, each at every scope. */
export function scopedRoutesOf(type: ArmAction, versions: readonly string[]) {
  const by =
    (method: ArmMethod) =>
    (path: string, route: Pick<ScopedRoute, 'summary' | 'body' | 'answers' | 'handle'>): ArmRoute[] =>
      atEveryScope({ method, path, versions, action: actionOf(type, method), ...route })
  return { get: by('GET'), put: by('PUT'), delete: by('DELETE') }
}

/** `route` at each scope that there can be. */
export function atEveryScope({ path, handle, ...route }: ScopedRoute): ArmRoute[] {
  return SCOPES.map((scope) =>
    armRoute<string>({
      ...route,
      path: `${scope}${path}`,
      handle: (request) => {
        const params = request.params as Record<string, string>
        return handle({ ...request, params, scope: scopeIn(scope, params) })
      },
    }),
  )
}

/** The scope that `path` names with `params`. @throws {ArmError} `InvalidRequestContent`. */
export function scopeIn(path: string, params: Readonly<Record<string, string>>): Scope {
  const id = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')
  const scope = parseScope(id)
  if (!scope) throw new ArmError('InvalidRequestContent', { detail: `'${id}' is no scope` })
  return scope
}

/**
 * Throws unless there is something at `scope`.
 *
 * @throws {ArmError} `ResourceGroupNotFound` or `ResourceNotFound`. Subscriptions were checked with the request.
 */
export async function checkScopeExists(
  db: Kysely<Schema>,
  { scope, params }: Pick<ScopedRequest, 'scope' | 'params'>,
): Promise<void> {
  const {
    resourceGroupName: group,
    resourceProviderNamespace: namespace,
    resourceType,
    resourceName,
  } = params
  if (group === undefined) return
  if (resourceName === undefined) {
    if (!(await isThere(db, 'resource_group', scope.key)))
      throw new ArmError('ResourceGroupNotFound', { name: group })
    return
  }
  for (const table of ['machine', 'user_identity'] as const) {
    if (await isThere(db, table, scope.key)) return
  }
  throw new ArmError('ResourceNotFound', { type: `${namespace}/${resourceType}`, name: resourceName, group })
}

async function isThere(
  db: Kysely<Schema>,
  table: 'resource_group' | 'machine' | 'user_identity',
  key: string,
): Promise<boolean> {
  const row = await db
    .selectFrom(table)
    .select('resource_id')
    .where('resource_key', '=', key)
    .executeTakeFirst()
  return row !== undefined
}
