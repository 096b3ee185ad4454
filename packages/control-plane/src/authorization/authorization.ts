/**
 * Decides whether a caller may do an action: by its role assignments, and those of the groups that it is in, on the scope and
 * on those above it.
 *
 * @see https://learn.microsoft.com/azure/role-based-access-control/overview#how-azure-rbac-determines-if-a-user-has-access-to-a-resource
 * @module
 */

import type { Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { permits } from './action-pattern.ts'
import { itAndItsGroups } from './membership.ts'
import { findRoleDefinition } from './role-definitions.ts'
import { parseScope } from './scope.ts'

/** Whose role assignments count. */
export interface AuthorizedCaller {
  principalId: string
  clientId: string
}

/** Decides anew each time, from the database. */
export interface Authorization {
  /** Whether `caller` may do `action` at `scope`; never at a scope that is none, nor for a disabled or deleted one. */
  allows(caller: Pick<AuthorizedCaller, 'principalId'>, action: string, scope: string): Promise<boolean>
}

/** The authorization by the assignments in `db`. */
export function createAuthorization(db: Kysely<Schema>): Authorization {
  return {
    allows: (caller, action, scope) => allows(db, { principalId: caller.principalId, action, scope }),
  }
}

interface Question {
  principalId: string
  action: string
  scope: string
}

async function allows(db: Kysely<Schema>, { principalId, action, scope }: Question): Promise<boolean> {
  const parsed = parseScope(scope)
  if (!parsed) return false
  const roleIds = await rolesAt(db, principalId, parsed.keys)
  return roleIds.some((id) => {
    const role = findRoleDefinition(id)
    return role !== undefined && permits(role, action)
  })
}

/** What one principal may do, as it is now. */
export interface Rights {
  (action: string, scope: string): boolean
  /** The keys of the scopes at and below which it may do `action`. */
  scopesFor(action: string): string[]
}

/** All rights of `principalId` at once, for a caller that many questions are asked about. */
export async function rightsOf(db: Kysely<Schema>, principalId: string): Promise<Rights> {
  const rows = await db
    .selectFrom('role_assignment')
    .innerJoin('principal', 'principal.id', 'role_assignment.principal_id')
    .select(['role_assignment.role_id', 'role_assignment.scope_key'])
    .where('role_assignment.principal_id', 'in', itAndItsGroups(principalId))
    .where('principal.state', '=', 'enabled')
    .execute()
  const assigned = Map.groupBy(rows, ({ scope_key }) => scope_key)
  const permitsAt = (key: string, action: string) =>
    (assigned.get(key) ?? []).some(({ role_id }) => {
      const role = findRoleDefinition(role_id)
      return role !== undefined && permits(role, action)
    })
  const rights = (action: string, scope: string) =>
    parseScope(scope)?.keys.some((key) => permitsAt(key, action)) ?? false
  const scopesFor = (action: string) => [...assigned.keys()].filter((key) => permitsAt(key, action))
  return Object.assign(rights, { scopesFor })
}

/** The ids of the roles that a principal, or a group that it is in, has at any of `scopeKeys`. */
export async function rolesAt(
  db: Kysely<Schema>,
  principalId: string,
  scopeKeys: readonly string[],
): Promise<string[]> {
  const rows = await db
    .selectFrom('role_assignment')
    .innerJoin('principal', 'principal.id', 'role_assignment.principal_id')
    .select('role_assignment.role_id')
    .where('role_assignment.principal_id', 'in', itAndItsGroups(principalId))
    .where('role_assignment.scope_key', 'in', scopeKeys)
    .where('principal.state', '=', 'enabled')
    .execute()
  return rows.map(({ role_id }) => role_id)
}
