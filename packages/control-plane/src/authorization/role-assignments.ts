/**
 * Role assignments as the database keeps them: principal, role and scope.
 *
 * @see https://learn.microsoft.com/azure/role-based-access-control/role-assignments
 * @module
 */

import { type ExpressionBuilder, type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { itAndItsGroups } from './membership.ts'
import { RoleError } from './role-error.ts'
import { ROOT_SCOPE, type Scope } from './scope.ts'

/** One assignment. */
export interface RoleAssignment {
  /** A GUID that its maker chose. */
  name: string
  scope: string
  /** The GUID of the role definition. */
  roleId: string
  principalId: string
  description: string | null
  /** The object id of who made it. */
  createdBy: string
  createdAt: Date
}

/** An assignment to be written. */
export interface NewRoleAssignment extends Omit<RoleAssignment, 'scope' | 'createdAt'> {
  scope: Scope
  time: Date
}

/**
 * Writes an assignment. Writing it again changes nothing but its description.
 *
 * @throws {RoleError} `PrincipalNotFound`, `RoleAssignmentUpdateNotPermitted` if another assignment has the name,
 * or `RoleAssignmentExists` if the principal has the role there under another name.
 */
export async function assignRole(
  trx: Transaction<Schema>,
  assignment: NewRoleAssignment,
): Promise<{ assignment: RoleAssignment; outcome: 'created' | 'changed' | 'unchanged' }> {
  await refuseUnknownPrincipal(trx, assignment.principalId)
  const kept = await likeIt(trx, assignment)
  if (!kept) return { assignment: await insert(trx, assignment), outcome: 'created' }
  if (kept.description === assignment.description) return { assignment: kept, outcome: 'unchanged' }
  const { name, description } = assignment
  await trx.updateTable('role_assignment').set({ description }).where('name', '=', name).execute()
  return { assignment: { ...kept, description }, outcome: 'changed' }
}

/** The assignment of this name at this very scope, or undefined. */
export async function findRoleAssignment(
  db: Kysely<Schema>,
  scope: Scope,
  name: string,
): Promise<RoleAssignment | undefined> {
  const row = await db
    .selectFrom('role_assignment')
    .selectAll()
    .where('name', '=', name.toLowerCase())
    .where('scope_key', '=', scope.key)
    .executeTakeFirst()
  return row && assignmentOf(row)
}

/** Every scope at which a principal has a role, in lower case. */
export async function scopesOfRoles(db: Kysely<Schema>, principalId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('role_assignment')
    .select('scope_key')
    .where('principal_id', '=', principalId)
    .execute()
  return rows.map(({ scope_key }) => scope_key)
}

/** Deletes the assignment of this name. */
export async function deleteRoleAssignment(trx: Transaction<Schema>, name: string): Promise<void> {
  await trx.deleteFrom('role_assignment').where('name', '=', name).execute()
}

/** What lies between a slash and this is what begins with the slash. */
const AFTER_SLASH = '0'

/** Deletes every assignment at a scope that ends and below it, so that none waits for a namesake of what was there. */
export async function endRolesAt(trx: Transaction<Schema>, scopeKey: string): Promise<void> {
  await trx
    .deleteFrom('role_assignment')
    .where((is) => is.or([is('scope_key', '=', scopeKey), isBelow(is, scopeKey)]))
    .execute()
}

/** By the order of the keys, which an index has; not by "like", in which "_" would stand for any character. */
function isBelow(is: ExpressionBuilder<Schema, 'role_assignment'>, scopeKey: string) {
  const place = scopeKey === ROOT_SCOPE ? '' : scopeKey
  return is.and([is('scope_key', '>', `${place}/`), is('scope_key', '<', place + AFTER_SLASH)])
}

/** Which assignments a list has. */
export interface RoleAssignmentQuery {
  scope: Scope
  /** Whether those below the scope are in it; those at it and above it always are. */
  below: boolean
  principalId?: string | undefined
  /** Whether those of the principal's groups are in it too. */
  throughGroups?: boolean
  /** Only those whose names come after this. */
  after: string
  limit: number
}

/** Its own, and that of "/". Below either may lie most assignments that there are. */
const KEYS_OF_SUBSCRIPTION = 2

/** The assignments that `query` asks for, by name. */
export async function listRoleAssignments(
  db: Kysely<Schema>,
  { scope, below, principalId, throughGroups = false, after, limit }: RoleAssignmentQuery,
): Promise<RoleAssignment[]> {
  const isWide = below && scope.keys.length <= KEYS_OF_SUBSCRIPTION
  // Those that count at a scope, or below a group, are few. By the index of the names all others would be gone through.
  const name = isWide ? sql<string>`name` : sql<string>`name || ''`
  const all = db
    .selectFrom('role_assignment')
    .selectAll()
    .where(name, '>', after)
    .where((where) => {
      const here = where('scope_key', 'in', scope.keys)
      return below ? where.or([here, isBelow(where, scope.key)]) : here
    })
    .orderBy(name)
    .limit(limit)
  if (principalId === undefined) return (await all.execute()).map(assignmentOf)
  const asked = throughGroups
    ? all.where('principal_id', 'in', itAndItsGroups(principalId))
    : all.where('principal_id', '=', principalId)
  return (await asked.execute()).map(assignmentOf)
}

/** A role is given to what may have tokens some day: a disabled principal is one, a deleted one is not. */
async function refuseUnknownPrincipal(trx: Transaction<Schema>, principalId: string): Promise<void> {
  const principal = await trx
    .selectFrom('principal')
    .select('state')
    .where('id', '=', principalId)
    .executeTakeFirst()
  if (principal && principal.state !== 'deleted') return
  const tenant = await trx.selectFrom('tenant').select('id').executeTakeFirst()
  throw new RoleError('PrincipalNotFound', { principalId, tenantId: tenant?.id ?? '' })
}

/** The same assignment, if it is there already. */
async function likeIt(
  trx: Transaction<Schema>,
  { name, scope, roleId, principalId }: NewRoleAssignment,
): Promise<RoleAssignment | undefined> {
  const rows = await trx
    .selectFrom('role_assignment')
    .selectAll()
    .where((where) =>
      where.or([
        where('name', '=', name),
        where.and({ scope_key: scope.key, role_id: roleId, principal_id: principalId }),
      ]),
    )
    .execute()
  const named = rows.find((row) => row.name === name)
  const same = rows.find(
    (row) => row.scope_key === scope.key && row.role_id === roleId && row.principal_id === principalId,
  )
  if (named && named !== same) throw new RoleError('RoleAssignmentUpdateNotPermitted')
  if (same && same !== named)
    throw new RoleError('RoleAssignmentExists', { id: same.name.replaceAll('-', '') })
  return same && assignmentOf(same)
}

async function insert(
  trx: Transaction<Schema>,
  { name, scope, roleId, principalId, description, createdBy, time }: NewRoleAssignment,
): Promise<RoleAssignment> {
  const row = {
    name,
    scope: scope.id,
    scope_key: scope.key,
    role_id: roleId,
    principal_id: principalId,
    description,
    created_by: createdBy,
    created_at: time.getTime(),
  }
  await trx.insertInto('role_assignment').values(row).execute()
  return assignmentOf(row)
}

function assignmentOf(row: Schema['role_assignment']): RoleAssignment {
  return {
    name: row.name,
    scope: row.scope,
    roleId: row.role_id,
    principalId: row.principal_id,
    description: row.description,
    createdBy: row.created_by,
    createdAt: new Date(row.created_at),
  }
}
