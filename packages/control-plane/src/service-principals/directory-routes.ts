/**
 * The look-ups of Microsoft Graph by which az turns a client id or a name into an object id and object ids into names. A caller
 * sees no more principals there than it sees elsewhere.
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
import {
  type ListedKind,
  type ListedPrincipal,
  listPrincipals,
  type PrincipalQuery,
} from '../registry/principal-list.ts'
import { checkQuery, readDirectoryFilter } from './directory-filter.ts'
import { principalBody, sightOf } from './graph-principal.ts'

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

/** What is in each collection. */
const KINDS = {
  servicePrincipals: ['machine', 'user-assigned', 'application'],
  users: ['user'],
  groups: ['group'],
} as const satisfies Record<string, readonly ListedKind[]>

const EVERY_KIND: readonly ListedKind[] = Object.values(KINDS).flat()

/** What is of each type, by the type's name in lower case. */
const OF_TYPE: ReadonlyMap<string, readonly ListedKind[]> = new Map([
  ['serviceprincipal', KINDS.servicePrincipals],
  ['user', KINDS.users],
  ['group', KINDS.groups],
  ['directoryobject', EVERY_KIND],
])

const PRINCIPAL = {
  type: 'object',
  required: ['id', 'displayName'],
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
  return [...objectRoutes(parts), ...listRoutes(parts), meRoute()]
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
        const kinds = types ? kindsOf(types) : EVERY_KIND
        if (kinds.length === 0) return { body: { value: [] } }
        const wanted = { kinds, ids: ids.map(guidIn) }
        const found = await visible(parts, request, { ...wanted, after: '', limit: IDS_MAX })
        return { body: { value: found.map(principalBody) } }
      },
    }),
    ...Object.entries({ directoryObjects: EVERY_KIND, ...KINDS }).map(([collection, kinds]) =>
      armRoute<`/v1.0/${string}/{objectId}`>({
        method: 'GET',
        path: `/v1.0/${collection}/{objectId}`,
        summary: 'Shows the principal with this object id, if the caller may see it.',
        answers: answers200('The principal.', PRINCIPAL),
        handle: async (request) => {
          const id = request.params.objectId
          const [found] = await visible(parts, request, { kinds, ids: [guidIn(id)], after: '', limit: 1 })
          if (!found) throw new GraphError('Request_ResourceNotFound', { id })
          return { body: principalBody(found) }
        },
      }),
    ),
  ]
}

/** A client that looks for whoever has a name looks among the users first. */
function listRoutes(parts: Parts): ArmRoute[] {
  return Object.entries(KINDS).map(([collection, kinds]) =>
    armRoute<string>({
      method: 'GET',
      path: `/v1.0/${collection}`,
      summary: 'Lists the principals that the caller may see, or those of them that $filter lets through.',
      answers: answers200('A page of them.', PRINCIPALS),
      handle: async (request) => {
        checkQuery(request.query)
        const page = pageOf(request)
        const wanted = { kinds, ...readDirectoryFilter(request.query.$filter ?? '') }
        const found = await visible(parts, request, { ...wanted, ...page, limit: page.limit + 1 })
        const rows = found.map((one) => ({ key: one.principalId, body: principalBody(one) }))
        const { value, nextLink } = pageBody(request, { origin: parts.names.origin, page, rows })
        return { body: { value, ...(nextLink && { '@odata.nextLink': nextLink }) } }
      },
    }),
  )
}

function meRoute(): ArmRoute {
  return armRoute({
    method: 'GET',
    path: '/v1.0/me',
    summary: 'Refused: no token is that of a user.',
    answers: {},
    handle: async () => {
      throw new GraphError('BadRequest', {
        detail: '/me request is only valid with delegated authentication flow.',
      })
    },
  })
}

function kindsOf(types: readonly string[]): ListedKind[] {
  return [...new Set(types.flatMap((type) => OF_TYPE.get(type.toLowerCase()) ?? []))]
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
  { caller: { principalId } }: Pick<ArmRequest<unknown>, 'caller'>,
  query: Omit<PrincipalQuery, 'sight'>,
): Promise<ListedPrincipal[]> {
  const sight = sightOf(await rightsOf(db, principalId), principalId)
  return listPrincipals(db, { ...query, sight })
}
