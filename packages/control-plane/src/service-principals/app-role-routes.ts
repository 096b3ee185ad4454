/**
 * Routes of app roles: the claim `roles` in tokens for an audience.
 *
 * @see docs/authority.md
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import type { ArmRequest, ArmRoute } from '../arm/arm-route.ts'
import { answersPage, nothing } from '../openapi/arm-bodies.ts'
import { type AppRoleAssignment, grantAppRole, listAppRoles, revokeAppRole } from '../registry/app-roles.ts'
import type { Storage } from '../storage/storage.ts'
import { changingRoute, readingRoute } from './administered-route.ts'

/** Where they are. */
const PATH = '/landfast/v1/app-role-assignments'
const TYPE = 'Landfast.Identity/appRoleAssignments'

const ASSIGNMENT = {
  type: 'object',
  required: ['principalId', 'resource', 'role'],
  properties: {
    principalId: { type: 'string' },
    resource: { type: 'string' },
    role: { type: 'string' },
  },
} as const

/** The routes. */
export function appRoleRoutes({ storage }: { storage: Storage }): ArmRoute[] {
  return [
    grantRoute(storage),
    readingRoute({
      path: PATH,
      summary: 'Lists the app roles of the principal that the query parameter "principalId" names.',
      answers: answersPage('The assignments.', ASSIGNMENT),
      action: `${TYPE}/read`,
      read: async (request) => {
        const principalId = required(request, 'principalId').toLowerCase()
        return { value: await listAppRoles(storage.db, principalId) }
      },
    }),
    revokeRoute(storage),
  ]
}

function grantRoute(storage: Storage): ArmRoute {
  return changingRoute(storage, {
    method: 'POST',
    path: PATH,
    summary: 'Gives a principal a role that its tokens for a resource carry.',
    action: `${TYPE}/write`,
    body: { ...ASSIGNMENT, additionalProperties: false },
    answers: { 201: { description: 'The assignment.', ...ASSIGNMENT } },
    change: async (trx, { body, time }) => {
      const { principalId, ...role } = body as AppRoleAssignment
      const assignment = { ...role, principalId: principalId.toLowerCase() }
      await grantAppRole(trx, assignment, time)
      return { answer: { status: 201, body: assignment }, audit: ['grant-app-role', subjectOf(assignment)] }
    },
  })
}

function revokeRoute(storage: Storage): ArmRoute {
  return changingRoute(storage, {
    method: 'DELETE',
    path: PATH,
    summary: 'Takes the app role away that "principalId", "resource" and "role" in the query name.',
    action: `${TYPE}/delete`,
    answers: { 204: nothing('It is gone.') },
    change: async (trx, request) => {
      const assignment = {
        principalId: required(request, 'principalId').toLowerCase(),
        resource: required(request, 'resource'),
        role: required(request, 'role'),
      }
      await revokeAppRole(trx, assignment)
      return { answer: { status: 204 }, audit: ['revoke-app-role', subjectOf(assignment)] }
    },
  })
}

function subjectOf({ principalId, resource, role }: AppRoleAssignment) {
  return { principalId, resourceId: `${PATH}/${principalId}/${role}`, audience: resource }
}

function required({ query }: ArmRequest, name: string): string {
  const value = query[name.toLowerCase()]
  if (!value) throw new ArmError('InvalidQueryParameter', { name, value: '' })
  return value
}
