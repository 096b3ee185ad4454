/**
 * The right to give a machine its first key. Whoever has that key is the machine from then on, with all that it was given
 * before. So it takes the right to give all of that.
 *
 * @module
 */

import type { Kysely } from 'kysely'
import type { ArmAction, ArmRequest } from '../arm/arm-route.ts'
import { scopesOfRoles } from '../authorization/role-assignments.ts'
import { listAppRoles } from '../registry/app-roles.ts'
import { assignedIdentities } from '../registry/assigned-identities.ts'
import type { Schema } from '../storage/schema.ts'
import { ASSIGN_ACTION } from './machine-identity.ts'

const GIVE_ROLE = 'Microsoft.Authorization/roleAssignments/write'

/** A right, and where one must have it. */
export interface LinkedRight {
  action: ArmAction
  scope: string
}

/** What one must be allowed in order to become the machine `principalId`, in an order of its own. */
export async function rightsToBecome(db: Kysely<Schema>, principalId: string): Promise<LinkedRight[]> {
  const scopes = await scopesOfRoles(db, principalId)
  const appRoles = await listAppRoles(db, principalId)
  // App roles are given everywhere, and only by who may give roles there as well.
  const places = new Set([...scopes, ...(appRoles.length > 0 ? ['/'] : [])])
  const identities = (await assignedIdentities(db, principalId)).map(({ resourceId }) => resourceId)
  return [
    ...[...places].toSorted().map((scope) => ({ action: GIVE_ROLE, scope }) as const),
    ...identities.toSorted().map((scope) => ({ action: ASSIGN_ACTION, scope }) as const),
  ]
}

/** Refuses a caller that lacks one of `rights`. @throws {ArmError} `AuthorizationFailed`, which is then on record. */
export async function checkRights(
  { check }: Pick<ArmRequest, 'check'>,
  rights: readonly LinkedRight[],
): Promise<void> {
  for (const { action, scope } of rights) await check(action, scope)
}

/** Whether both are the same. */
export function areSameRights(some: readonly LinkedRight[], others: readonly LinkedRight[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others)
}
