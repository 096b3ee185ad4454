/**
 * Keeps the last administrator: a principal that may assign roles everywhere has to be left. A user or a group is none, since
 * another issuer says who that is, or no more.
 *
 * @see https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
 * @module
 */

import type { Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { permits } from './action-pattern.ts'
import { ROLE_DEFINITIONS } from './role-definitions.ts'
import { RoleError } from './role-error.ts'
import { ROOT_SCOPE } from './scope.ts'

/** Owner and User Access Administrator. */
const ADMINISTRATOR_ROLES = ROLE_DEFINITIONS.filter((role) =>
  permits(role, 'Microsoft.Authorization/roleAssignments/write'),
).map(({ id }) => id)

/** What is about to lose its rights: one assignment by its name, or principals with all they have. */
export type Leaving = { name: string } | { principalIds: readonly string[] }

/**
 * To be called before `leaving` is deleted or disabled, in the same transaction.
 *
 * @throws {RoleError} `CannotDeleteLastRbacAdminAssignment` if after it no enabled principal could assign roles at "/".
 */
export async function keepAdministrator(trx: Transaction<Schema>, leaving: Leaving): Promise<void> {
  const administrators = await trx
    .selectFrom('role_assignment')
    .innerJoin('principal', 'principal.id', 'role_assignment.principal_id')
    .leftJoin('foreign_principal', 'foreign_principal.principal_id', 'role_assignment.principal_id')
    .select(['role_assignment.name', 'role_assignment.principal_id'])
    .where('role_assignment.scope_key', '=', ROOT_SCOPE)
    .where('role_assignment.role_id', 'in', ADMINISTRATOR_ROLES)
    .where('principal.state', '=', 'enabled')
    .where('foreign_principal.kind', 'is', null)
    .execute()
  const leaves = ({ name, principal_id }: (typeof administrators)[number]) =>
    'name' in leaving ? name === leaving.name : leaving.principalIds.includes(principal_id)
  if (administrators.length > 0 && administrators.every(leaves)) {
    throw new RoleError('CannotDeleteLastRbacAdminAssignment')
  }
}
