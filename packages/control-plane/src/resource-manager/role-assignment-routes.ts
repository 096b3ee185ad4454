/**
 * Role assignments at the Resource Manager: lists, gives and takes roles.
 *
 * @see https://learn.microsoft.com/rest/api/authorization/role-assignments
 * @module
 */

import type { Kysely, Transaction } from 'kysely'
import type { ArmServerParts } from '../admission/arm-server.ts'
import { ArmError } from '../arm/arm-error.ts'
import type { ArmAnswer, ArmRoute } from '../arm/arm-route.ts'
import { parseFilter } from '../arm/odata-filter.ts'
import { pageBody, pageOf } from '../arm/paging.ts'
import { NOTHING_ELSE, SENT_BACK } from '../arm/strict-body.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { keepAdministrator } from '../authorization/last-administrator.ts'
import {
  assignRole,
  deleteRoleAssignment,
  findRoleAssignment,
  listRoleAssignments,
  type RoleAssignment,
  type RoleAssignmentQuery,
} from '../authorization/role-assignments.ts'
import { roleAt } from '../authorization/role-definitions.ts'
import { RoleError } from '../authorization/role-error.ts'
import { parseScope, ROOT_SCOPE, type Scope } from '../authorization/scope.ts'
import { readGuid } from '../guid.ts'
import { answers200, answersPage, answersWritten, nothing, RESOURCE } from '../openapi/arm-bodies.ts'
import { foreignKinds } from '../registry/people/foreign-principals.ts'
import type { ForeignKind, Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { knownRole, roleDefinitionResourceId } from './role-definition-routes.ts'
import { checkScopeExists, type ScopedRequest, scopedRoutesOf } from './scoped-routes.ts'

/** What clients send: @azure/arm-authorization, azure-mgmt-authorization, az, Terraform. */
const VERSIONS = [
  '2015-07-01',
  '2017-10-01-preview',
  '2018-01-01-preview',
  '2018-07-01',
  '2018-09-01-preview',
  '2020-03-01-preview',
  '2020-04-01-preview',
  '2020-08-01-preview',
  '2020-10-01-preview',
  '2021-04-01-preview',
  '2022-01-01-preview',
  '2022-04-01',
] as const

const TYPE = 'Microsoft.Authorization/roleAssignments'
const LIST = `/providers/${TYPE}`
const ONE = `${LIST}/{roleAssignmentName}`
const assignments = scopedRoutesOf(TYPE, VERSIONS)
const FILTERS = "atScope(), principalId eq '{value}' and assignedTo('{value}'), joined by 'and'"

/** What an answer shows, and a client may send back. */
const SHOWN_PROPERTIES = { createdOn: {}, updatedOn: {}, createdBy: {}, updatedBy: {} } as const

const BODY = {
  type: 'object',
  required: ['properties'],
  properties: {
    ...SENT_BACK,
    properties: {
      type: 'object',
      required: ['roleDefinitionId', 'principalId'],
      properties: {
        roleDefinitionId: { type: 'string', maxLength: 1_024 },
        principalId: { type: 'string', maxLength: 128 },
        principalType: { type: ['string', 'null'], maxLength: 64 },
        description: { type: ['string', 'null'], maxLength: 1_024 },
        condition: { type: ['string', 'null'] },
        conditionVersion: { type: ['string', 'null'] },
        scope: { type: ['string', 'null'], maxLength: 2_048 },
        // Who has a role may not give it on by that alone.
        canDelegate: { enum: [false, null] },
        ...SHOWN_PROPERTIES,
      },
      additionalProperties: NOTHING_ELSE,
    },
  },
  additionalProperties: NOTHING_ELSE,
} as const

/** `properties` of a body as that schema lets it through. */
interface AssignmentProperties {
  roleDefinitionId: string
  principalId: string
  principalType?: string | null
  description?: string | null
  condition?: string | null
  scope?: string | null
}

/** The routes of role assignments. */
export function roleAssignmentRoutes({
  storage,
  names,
}: Pick<ArmServerParts, 'storage' | 'names'>): ArmRoute[] {
  return [
    ...assignments.get(LIST, {
      summary: 'Lists the role assignments at, above and below a scope.',
      answers: answersPage('A page of them.', RESOURCE),
      handle: (request) => list(storage, request, names.origin),
    }),
    ...assignments.get(ONE, {
      summary: 'Gets a role assignment.',
      answers: answers200('The role assignment.', RESOURCE),
      handle: async ({ params: { roleAssignmentName: name = '' }, scope }) => {
        const found = await findRoleAssignment(storage.db, scope, name)
        if (!found) throw new RoleError('RoleAssignmentNotFound', { name })
        return { body: bodyOf(found, { principalType: await typeOf(storage.db, found.principalId) }) }
      },
    }),
    ...assignments.put(ONE, {
      summary: 'Gives a principal a role at a scope.',
      answers: answersWritten('The role assignment.', RESOURCE),
      body: BODY,
      handle: (request) => storage.change((trx) => put(trx, request)),
    }),
    ...assignments.delete(ONE, {
      summary: 'Takes a role away again.',
      answers: {
        200: { description: 'It is deleted; it was this.', ...RESOURCE },
        204: nothing('There was none.'),
      },
      handle: (request) => storage.change((trx) => remove(trx, request)),
    }),
  ]
}

async function put(trx: Transaction<Schema>, request: ScopedRequest): Promise<ArmAnswer> {
  const { properties } = request.body as { properties: AssignmentProperties }
  const { scope, caller, time } = request
  const name = assignmentName(request)
  if (properties.condition) throw new RoleError('ConditionNotSupported')
  const principalId = properties.principalId.toLowerCase()
  const principalType = await typeOf(trx, principalId)
  checkSameType(properties, principalType)
  checkSameScope(properties, request)
  const role = roleOf(properties.roleDefinitionId)
  await checkScopeExists(trx, request)
  const { assignment, outcome } = await assignRole(trx, {
    name,
    scope,
    roleId: role.id,
    principalId,
    description: properties.description ?? null,
    createdBy: caller.principalId,
    time,
  })
  if (outcome !== 'unchanged') await record(trx, request, { assignment, action: 'assign-role' })
  return { status: outcome === 'created' ? 201 : 200, body: bodyOf(assignment, { principalType }) }
}

function assignmentName({ params: { roleAssignmentName = '' } }: ScopedRequest): string {
  const name = readGuid(roleAssignmentName)
  if (!name) throw new RoleError('InvalidRoleAssignmentId', { name: roleAssignmentName })
  return name
}

/** What Azure calls a principal, by what it is here. */
const TYPES = { user: 'User', group: 'Group' } as const

type PrincipalType = 'User' | 'Group' | 'ServicePrincipal'

async function typeOf(db: Kysely<Schema>, principalId: string): Promise<PrincipalType> {
  return nameOf((await foreignKinds(db, [principalId])).get(principalId))
}

function nameOf(kind: ForeignKind | undefined): PrincipalType {
  return kind === undefined ? 'ServicePrincipal' : TYPES[kind]
}

function checkSameType(
  { principalType: type, principalId }: AssignmentProperties,
  actual: PrincipalType,
): void {
  if (!type || type.toLowerCase() === actual.toLowerCase()) return
  throw new RoleError('UnmatchedPrincipalType', { principalId, type, actual })
}

/** The path decides: another scope in the body may be what its writer meant. */
function checkSameScope({ scope: written }: AssignmentProperties, { scope, path }: ScopedRequest): void {
  if (!written || parseScope(written)?.key === parseScope(scope.id)?.key) return
  const detail = `body/properties/scope is not that of the path "${path}"`
  throw new ArmError('InvalidRequestContent', { detail })
}

/** Clients name a role by its ARM id at any scope. */
function roleOf(roleDefinitionId: string) {
  const [, id] = /^(?:.*\/)?roleDefinitions\/([^/]+)$/i.exec(roleDefinitionId) ?? []
  return knownRole(id ?? roleDefinitionId)
}

async function remove(trx: Transaction<Schema>, request: ScopedRequest): Promise<ArmAnswer> {
  const name = request.params.roleAssignmentName ?? ''
  const assignment = await findRoleAssignment(trx, request.scope, name)
  if (!assignment) return { status: 204 }
  await keepAdministrator(trx, { name: assignment.name })
  await deleteRoleAssignment(trx, assignment.name)
  await record(trx, request, { assignment, action: 'remove-role' })
  return { body: bodyOf(assignment, { principalType: await typeOf(trx, assignment.principalId) }) }
}

async function record(
  trx: Transaction<Schema>,
  request: ScopedRequest,
  { assignment, action }: { assignment: RoleAssignment; action: 'assign-role' | 'remove-role' },
): Promise<void> {
  const { principalId, roleId, scope } = assignment
  const subject = { principalId, resourceId: resourceIdOf(assignment) }
  await recordAudit(trx, [{ ...request.audit(action, subject), detail: roleAt(roleId, scope) }])
}

async function list({ db }: Storage, request: ScopedRequest, origin: string): Promise<ArmAnswer> {
  const { query, scope } = request
  const page = pageOf(request)
  const chosen = await listRoleAssignments(db, {
    scope,
    ...readFilter(query.$filter ?? ''),
    after: page.after,
    limit: page.limit + 1,
  })
  const ids = [...new Set(chosen.map(({ principalId }) => principalId))]
  const kinds = await foreignKinds(db, ids)
  const rows = chosen.map((assignment) => {
    const principalType = nameOf(kinds.get(assignment.principalId))
    return { key: assignment.name, body: bodyOf(assignment, { principalType, listed: scope }) }
  })
  return { body: pageBody(request, { origin, page, rows }) }
}

/** As at Azure, what is assigned to somebody is what its groups have too. */
function readFilter(filter: string): Pick<RoleAssignmentQuery, 'below' | 'principalId' | 'throughGroups'> {
  const refusal = new RoleError('InvalidFilter', { filter, supported: FILTERS })
  const terms = parseFilter(filter)
  if (!terms) throw refusal
  const read = { below: true, throughGroups: true, principals: new Set<string>() }
  for (const { name, form, value } of terms) {
    const term = `${name} ${form}`
    if (term === 'atscope call') read.below = false
    else if (term === 'assignedto call') read.principals.add(value.toLowerCase())
    else if (term === 'principalid equals') {
      read.principals.add(value.toLowerCase())
      read.throughGroups = false
    } else throw refusal
  }
  const { below, throughGroups, principals } = read
  const [principalId, ...others] = principals
  if (others.length > 0) throw refusal
  return principalId === undefined ? { below } : { below, principalId, throughGroups }
}

function resourceIdOf({ scope, name }: RoleAssignment): string {
  return `${scope === ROOT_SCOPE ? '' : scope}${LIST}/${name}`
}

/**
 * A list names roles as the list of role definitions at the same place does, since az compares the two; an assignment
 * above the subscription belongs to none itself.
 */
function bodyOf(
  assignment: RoleAssignment,
  { principalType, listed }: { principalType: PrincipalType; listed?: Scope },
): object {
  const place = listed?.key.startsWith('/subscriptions/') ? listed.id : assignment.scope
  const { name, scope, roleId, principalId, description, createdBy, createdAt } = assignment
  return {
    id: resourceIdOf(assignment),
    name,
    type: TYPE,
    properties: {
      roleDefinitionId: roleDefinitionResourceId(roleId, { id: place }),
      principalId,
      principalType,
      scope,
      description,
      condition: null,
      conditionVersion: null,
      createdOn: createdAt.toISOString(),
      updatedOn: createdAt.toISOString(),
      createdBy,
      updatedBy: createdBy,
      delegatedManagedIdentityResourceId: null,
    },
  }
}
