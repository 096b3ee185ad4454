/**
 * Routes of the users and groups of the portal's OpenID provider: an operator makes one that stands for what the provider calls
 * a person or a group, and gives it roles. A user who signs in with a role by a group is made without an operator.
 *
 * @see docs/portal.md#with-your-companys-accounts
 * @module
 */

import type { ArmAction, ArmRoute } from '../arm/arm-route.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import type { Change } from '../arm/recorded-change.ts'
import { searchIn } from '../arm/search-text.ts'
import { answersPage, nothing } from '../openapi/arm-bodies.ts'
import {
  createForeignPrincipal,
  deleteForeignPrincipal,
  type ForeignPrincipal,
  getForeignPrincipal,
  listForeignPrincipals,
  newForeignPrincipal,
  setForeignState,
} from '../registry/people/foreign-principals.ts'
import { RegistryError } from '../registry/registry-error.ts'
import type { ForeignKind } from '../storage/schema.ts'
import { changingRoute, readingRoute } from './administered-route.ts'
import { idOf, type ServicePrincipalParts } from './service-principal-routes.ts'

/** What these routes are about. */
export interface ForeignPrincipalParts extends ServicePrincipalParts {
  /** The provider whose users and groups are made. Without it those that there are can be read and deleted. */
  portalIssuer?: string | undefined
}

/** What is told of each kind: its collection, and what the provider calls one of it. */
const KINDS = {
  user: { collection: 'users', field: 'subject' },
  group: { collection: 'groups', field: 'claimValue' },
} as const

/** The routes of both kinds. */
export function foreignPrincipalRoutes(parts: ForeignPrincipalParts): ArmRoute[] {
  return (['user', 'group'] as const).flatMap((kind) => [
    createRoute(parts, kind),
    ...readRoutes(parts, kind),
    deleteRoute(parts, kind),
    ...stateRoutes(parts, kind),
  ])
}

function createRoute({ storage, names, portalIssuer }: ForeignPrincipalParts, kind: ForeignKind): ArmRoute {
  const { field } = KINDS[kind]
  return changingRoute(storage, {
    method: 'POST',
    path: pathOf(kind),
    summary: `Makes a ${kind} of the portal’s OpenID provider, to whom roles can be given.`,
    action: actionOf(kind, 'write'),
    body: {
      type: 'object',
      required: ['displayName', field],
      properties: { displayName: { type: 'string' }, [field]: { type: 'string' } },
      additionalProperties: false,
    },
    answers: { 201: { description: 'It, as it was made.', ...shownOf(kind) } },
    change: async (trx, { body, time }) => {
      if (portalIssuer === undefined) throw new RegistryError('foreign_issuer_unset')
      const { displayName = '', [field]: value = '' } = body as Record<string, string>
      const wish = { kind, displayName, value, issuer: portalIssuer, tenantId: names.tenantId }
      const principal = newForeignPrincipal(wish, time)
      await createForeignPrincipal(trx, principal)
      return changed(principal, `create-${kind}`, 201)
    },
  })
}

function readRoutes({ storage: { db }, names }: ForeignPrincipalParts, kind: ForeignKind): ArmRoute[] {
  return [
    readingRoute({
      path: pathOf(kind),
      summary: `Lists the ${KINDS[kind].collection} of OpenID providers; with $search those that have it as an id or at the provider, or whose names begin with it.`,
      answers: answersPage('A page of them.', shownOf(kind)),
      action: actionOf(kind, 'read'),
      read: async (request) => {
        const page = pageOf(request)
        const found = await listForeignPrincipals(db, kind, {
          after: page.after,
          limit: page.limit + 1,
          search: searchIn(request.query),
        })
        const rows = found.map((one) => ({ key: one.principalId, body: bodyOf(one) }))
        return pageBody(request, { origin: names.origin, page, rows })
      },
    }),
    readingRoute({
      path: oneOf(kind),
      summary: `Shows a ${kind} of an OpenID provider.`,
      action: actionOf(kind, 'read'),
      answers: { 200: { description: 'It.', ...shownOf(kind) } },
      read: async ({ params }) => bodyOf(await getForeignPrincipal(db, kind, idOf(params))),
    }),
  ]
}

function deleteRoute({ storage }: ForeignPrincipalParts, kind: ForeignKind): ArmRoute {
  return changingRoute(storage, {
    method: 'DELETE',
    path: oneOf(kind),
    summary: `Deletes a ${kind} with its roles; its object id is never given again.`,
    action: actionOf(kind, 'delete'),
    answers: {
      200: { description: 'It, as it was.', ...shownOf(kind) },
      204: nothing('There was none.'),
    },
    change: async (trx, { params, time }) => {
      const deleted = await deleteForeignPrincipal(trx, { kind, principalId: idOf(params) }, time).catch(
        unlessUnknown,
      )
      return deleted ? changed(deleted, `delete-${kind}`) : { answer: { status: 204 } }
    },
  })
}

function stateRoutes({ storage }: ForeignPrincipalParts, kind: ForeignKind): ArmRoute[] {
  return (['disable', 'enable'] as const).map((verb) =>
    changingRoute(storage, {
      method: 'POST',
      path: `${oneOf(kind)}/${verb}`,
      summary: verb === 'disable' ? `Lets the roles of a ${kind} count no more.` : 'Lets them count again.',
      action: actionOf(kind, `${verb}/action`),
      answers: { 200: { description: 'It.', ...shownOf(kind) } },
      change: async (trx, { params, time }) => {
        const state = `${verb}d` as const
        const principal = await setForeignState(trx, { kind, principalId: idOf(params) }, { state, time })
        return changed(principal, `${verb}-${kind}`)
      },
    }),
  )
}

/** Where those of a kind are. */
function pathOf(kind: ForeignKind): `/landfast/v1/${string}` {
  return `/landfast/v1/${KINDS[kind].collection}`
}

function oneOf(kind: ForeignKind): string {
  return `${pathOf(kind)}/{principalId}`
}

function actionOf(kind: ForeignKind, verb: string): ArmAction {
  return `Landfast.Identity/${KINDS[kind].collection}/${verb}`
}

/** How an answer shows one. */
function shownOf(kind: ForeignKind) {
  const TEXT = { type: 'string' } as const
  const properties = {
    principalId: TEXT,
    tenantId: TEXT,
    displayName: TEXT,
    issuer: TEXT,
    [KINDS[kind].field]: TEXT,
    state: { type: 'string', enum: ['enabled', 'disabled'] },
    createdAt: { type: 'string', format: 'date-time' },
  }
  return { type: 'object', properties } as const
}

function bodyOf({ kind, value, createdAt, ...principal }: ForeignPrincipal): object {
  return { ...principal, [KINDS[kind].field]: value, createdAt: createdAt.toISOString() }
}

type ForeignAction = `${'create' | 'delete' | 'disable' | 'enable'}-${ForeignKind}`

function changed(principal: ForeignPrincipal, action: ForeignAction, status = 200): Change {
  const { kind, principalId } = principal
  return {
    answer: { status, body: bodyOf(principal) },
    audit: [action, { principalId, resourceId: `${pathOf(kind)}/${principalId}` }],
  }
}

function unlessUnknown(error: unknown): undefined {
  if (error instanceof RegistryError && error.code === 'foreign_principal_unknown') return undefined
  throw error
}
