/**
 * Role definitions at the Resource Manager: the built-in ones, readable at any scope, and the caller's own permissions
 * there.
 *
 * @see https://learn.microsoft.com/rest/api/authorization/role-definitions
 * @module
 */

import type { ArmRoute } from '../arm/arm-route.ts'
import { parseFilter } from '../arm/odata-filter.ts'
import { rolesAt } from '../authorization/authorization.ts'
import {
  findRoleDefinition,
  ROLE_DEFINITIONS,
  type RoleDefinition,
} from '../authorization/role-definitions.ts'
import { RoleError } from '../authorization/role-error.ts'
import type { Scope } from '../authorization/scope.ts'
import { answers200, answersPage, PERMISSIONS, RESOURCE } from '../openapi/arm-bodies.ts'
import type { Storage } from '../storage/storage.ts'
import { atEveryScope, scopedRoutesOf } from './scoped-routes.ts'

/** What clients send: @azure/arm-authorization, azure-mgmt-authorization, az. */
const VERSIONS = [
  '2015-07-01',
  '2018-01-01-preview',
  '2018-07-01',
  '2022-04-01',
  '2022-05-01-preview',
  '2023-07-01-preview',
] as const

const TYPE = 'Microsoft.Authorization/roleDefinitions'
const PATH = `/providers/${TYPE}`
const ONE = `${PATH}/{roleDefinitionId}`
const definitions = scopedRoutesOf(TYPE, VERSIONS)
const FILTERS =
  "roleName eq '{value}', type eq 'BuiltInRole', atScope() and atScopeAndBelow(), joined by 'and'"

/** The routes of role definitions and of the caller's own permissions. */
export function roleDefinitionRoutes({ storage }: { storage: Storage }): ArmRoute[] {
  return [
    ...readingRoutes(),
    ...refusingRoutes(),
    ...atEveryScope({
      method: 'GET',
      path: '/providers/Microsoft.Authorization/permissions',
      summary: 'Lists what the caller itself is allowed at a scope.',
      answers: answersPage('One for each role.', PERMISSIONS),
      versions: VERSIONS,
      handle: async ({ caller, scope }) => {
        const roles = (await rolesAt(storage.db, caller.principalId, scope.keys)).map(findRoleDefinition)
        return { body: { value: roles.flatMap((role) => (role ? [permissionsOf(role)] : [])) } }
      },
    }),
  ]
}

function readingRoutes(): ArmRoute[] {
  return [
    ...definitions.get(PATH, {
      summary: 'Lists the role definitions that can be assigned at a scope.',
      answers: answersPage('The role definitions.', RESOURCE),
      handle: async ({ query, scope }) => {
        const chosen = ROLE_DEFINITIONS.filter(roleFilter(query.$filter ?? ''))
        return { body: { value: chosen.map((role) => roleDefinitionBody(role, scope)) } }
      },
    }),
    ...definitions.get(ONE, {
      summary: 'Gets a role definition.',
      answers: answers200('The role definition.', RESOURCE),
      handle: async ({ params, scope }) => ({
        body: roleDefinitionBody(knownRole(params.roleDefinitionId ?? ''), scope),
      }),
    }),
  ]
}

/** The paths are there so that a client is told plainly. */
function refusingRoutes(): ArmRoute[] {
  const refusal = {
    summary: 'Refused: there are only the built-in roles.',
    answers: {},
    handle: async () => {
      throw new RoleError('RoleDefinitionUpdateNotPermitted')
    },
  }
  return [...definitions.put(ONE, refusal), ...definitions.delete(ONE, refusal)]
}

/** The role with this GUID. @throws {RoleError} `RoleDefinitionDoesNotExist`. */
export function knownRole(id: string): RoleDefinition {
  const role = findRoleDefinition(id)
  if (!role) throw new RoleError('RoleDefinitionDoesNotExist', { id })
  return role
}

/** The ARM id of a role definition, which is that of the subscription where there is one. */
export function roleDefinitionResourceId(id: string, { id: scope }: Pick<Scope, 'id'>): string {
  const [subscription = ''] = /^\/subscriptions\/[^/]+/i.exec(scope) ?? []
  return `${subscription}${PATH}/${id}`
}

function roleFilter(filter: string): (role: RoleDefinition) => boolean {
  const terms = parseFilter(filter)
  const tests = terms?.map(({ name, form, value }) => {
    const wanted = value.toLowerCase()
    if (form === 'call' && (name === 'atscope' || name === 'atscopeandbelow')) return () => true
    if (form === 'equals' && name === 'rolename')
      return (role: RoleDefinition) => role.roleName.toLowerCase() === wanted
    if (form === 'equals' && name === 'type') return () => wanted === 'builtinrole'
    return undefined
  })
  if (!tests || tests.includes(undefined))
    throw new RoleError('InvalidFilter', { filter, supported: FILTERS })
  return (role) => tests.every((test) => test?.(role))
}

function roleDefinitionBody(role: RoleDefinition, scope: Scope): object {
  return {
    id: roleDefinitionResourceId(role.id, scope),
    name: role.id,
    type: TYPE,
    properties: {
      roleName: role.roleName,
      type: 'BuiltInRole',
      description: role.description,
      assignableScopes: ['/'],
      permissions: [permissionsOf(role)],
    },
  }
}

function permissionsOf({ actions, notActions }: RoleDefinition): object {
  return { actions, notActions, dataActions: [], notDataActions: [] }
}
