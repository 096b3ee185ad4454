/**
 * The look-ups of Microsoft Graph by which az turns a client id into an object id and object ids into names. A caller
 * sees no more principals there than it sees elsewhere; there are no users and no groups.
 *
 * @see https://learn.microsoft.com/graph/api/overview
 * @module
 */

import type { ArmServerParts } from '../admission/arm-server.ts'
import { type ArmRequest, type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { GraphError } from '../arm/graph-error.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import { rightsOf } from '../authorization/authorization.ts'
import { readGuid } from '../guid.ts'
import { answers200 } from '../openapi/arm-bodies.ts'
import { type ListedPrincipal, listPrincipals, type PrincipalQuery } from '../registry/principal-list.ts'
import { checkQuery, readDirectoryFilter } from './directory-filter.ts'
import { servicePrincipalBody, sightOf } from './graph-principal.ts'

/** As at Graph. */
const IDS_MAX = 1_000

const GET_BY_IDS = {
  type: 'object',
  required: ['ids'],
  properties: {
    ids: { type: 'array', minItems: 1, maxItems: IDS_MAX, items: { type: 'string', maxLength: 64 } },
    types: { type: ['array', 'null'], maxItems: 64, items: { type: 'string', maxLength: 64 } },
  },
} as const

/** Names of types that a principal here is one of. */
const OUR_TYPES: readonly string[] = ['serviceprincipal', 'directoryobject']

const PRINCIPAL = {
  type: 'object',
  required: ['id', 'appId', 'displayName', 'servicePrincipalType'],
  properties: {
    id: { type: 'string' },
    appId: { type: 'string' },
    displayName: { type: 'string' },
    servicePrincipalType: { type: 'string' },
  },
} as const

const PRINCIPALS = {
  type: 'object',
  required: ['value'],
  properties: { value: { type: 'array', items: PRINCIPAL }, '@odata.nextLink': { type: 'string' } },
} as const

type Parts = Pick<ArmServerParts, 'storage' | 'names'>

/** The routes. */
export function directoryRoutes(parts: Parts): ArmRoute[] {
  return [...objectRoutes(parts), servicePrincipalList(parts), ...emptyRoutes(), meRoute()]
}

function objectRoutes(parts: Parts): ArmRoute[] {
  return [
    armRoute({
      method: 'POST',
      path: '/v1.0/directoryObjects/getByIds',
      summary: 'Shows the principals with these object ids, as far as the caller may see them.',
      answers: answers200('The principals that there are.', PRINCIPALS),
      body: GET_BY_IDS,
      handle: async (request) => {
        const { ids, types } = request.body as { ids: string[]; types?: string[] | null }
        if (types && !types.some((type) => OUR_TYPES.includes(type.toLowerCase())))
          return { body: { value: [] } }
        const found = await visible(parts, request, { ids: ids.map(guidIn), after: '', limit: IDS_MAX })
        return { body: { value: found.map(servicePrincipalBody) } }
      },
    }),
    ...(['directoryObjects', 'servicePrincipals'] as const).map((collection) =>
      armRoute({
        method: 'GET',
        path: `/v1.0/${collection}/{objectId}`,
        summary: 'Shows the principal with this object id, if the caller may see it.',
        answers: answers200('The principal.', PRINCIPAL),
        handle: async (request) => {
          const id = request.params.objectId
          const [found] = await visible(parts, request, { ids: [guidIn(id)], after: '', limit: 1 })
          if (!found) throw new GraphError('Request_ResourceNotFound', { id })
          return { body: servicePrincipalBody(found) }
        },
      }),
    ),
  ]
}

function servicePrincipalList(parts: Parts): ArmRoute {
  return armRoute({
    method: 'GET',
    path: '/v1.0/servicePrincipals',
    summary: 'Lists the principals that the caller may see, or those of them that $filter lets through.',
    answers: answers200('A page of them.', PRINCIPALS),
    handle: async (request) => {
      checkQuery(request.query)
      const page = pageOf(request)
      const wanted = readDirectoryFilter(request.query.$filter ?? '')
      const found = await visible(parts, request, { ...wanted, ...page, limit: page.limit + 1 })
      const rows = found.map((one) => ({ key: one.principalId, body: servicePrincipalBody(one) }))
      const { value, nextLink } = pageBody(request, { origin: parts.names.origin, page, rows })
      return { body: { value, ...(nextLink && { '@odata.nextLink': nextLink }) } }
    },
  })
}

/** Before a client looks for a service principal it may look for a person of that name. */
function emptyRoutes(): ArmRoute[] {
  return (['users', 'groups'] as const).map((collection) =>
    armRoute({
      method: 'GET',
      path: `/v1.0/${collection}`,
      summary: `Lists the ${collection}, of whom there are none.`,
      answers: answers200('Nobody.', PRINCIPALS),
      handle: async () => ({ body: { value: [] } }),
    }),
  )
}

function meRoute(): ArmRoute {
  return armRoute({
    method: 'GET',
    path: '/v1.0/me',
    summary: 'Refused: no caller is a user.',
    answers: {},
    handle: async () => {
      throw new GraphError('BadRequest', {
        detail: '/me request is only valid with delegated authentication flow.',
      })
    },
  })
}

/** The GUID in `id`. @throws {GraphError} `Request_BadRequest`. */
function guidIn(id: string): string {
  const guid = readGuid(id)
  if (!guid) throw new GraphError('Request_BadRequest', { detail: `Invalid object identifier '${id}'.` })
  return guid
}

/** Those of `query` that the caller may see. */
async function visible(
  { storage: { db } }: Parts,
  { caller: { principalId } }: Pick<ArmRequest, 'caller'>,
  query: Omit<PrincipalQuery, 'sight'>,
): Promise<ListedPrincipal[]> {
  const sight = sightOf(await rightsOf(db, principalId), principalId)
  return listPrincipals(db, { ...query, sight })
}
