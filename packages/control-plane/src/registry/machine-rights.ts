/**
 * What one must be allowed in order to become a machine, by its first key or in its place: the right to give all that it has,
 * which may lie above it or apart from it.
 *
 * @see docs/roles.md
 * @module
 */

import type { Kysely } from 'kysely'
import type { ArmAction, ArmRequest } from '../arm/arm-route.ts'
import { rightsOf } from '../authorization/authorization.ts'
import { scopesOfRoles } from '../authorization/role-assignments.ts'
import type { Schema } from '../storage/schema.ts'
import { listAppRoles } from './app-roles.ts'
import { assignedIdentities } from './assigned-identities.ts'

const WRITE_MACHINE = 'Microsoft.HybridCompute/machines/write'
const GIVE_ROLE = 'Microsoft.Authorization/roleAssignments/write'
const GIVE_IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'
const GIVE_APP_ROLE = 'Landfast.Identity/appRoleAssignments/write'

/** A right, and where one must have it. */
export interface MachineRight {
  action: ArmAction
  scope: string
}

/** The rights for the machine `principalId`, in an order of their own. */
export async function rightsToBecome(db: Kysely<Schema>, principalId: string): Promise<MachineRight[]> {
  const scopes = await scopesOfRoles(db, principalId)
  // They are given everywhere, and only by who may give roles there as well.
  const hasAppRoles = (await listAppRoles(db, principalId)).length > 0
  const roles = new Set(hasAppRoles ? [...scopes, '/'] : scopes)
  const identities = await assignedIdentities(db, principalId)
  return [
    ...[...roles].toSorted().map((scope) => ({ action: GIVE_ROLE, scope }) as const),
    ...(hasAppRoles ? [{ action: GIVE_APP_ROLE, scope: '/' } as const] : []),
    ...identities
      .map(({ resourceId }) => resourceId)
      .toSorted()
      .map((scope) => ({ action: GIVE_IDENTITY, scope }) as const),
  ]
}

/** The rights at a machine itself for saying which host goes on as it. */
export function rightsAtMachine(resourceId: string): MachineRight[] {
  return ([WRITE_MACHINE, GIVE_ROLE] as const).map((action) => ({ action, scope: resourceId }))
}

/** Whether `deciderId` may say now which host goes on as the machine; a disabled or deleted one may not. */
export async function mayDecideHost(
  db: Kysely<Schema>,
  deciderId: string,
  { principalId, resourceId }: { principalId: string; resourceId: string },
): Promise<boolean> {
  const has = await rightsOf(db, deciderId)
  const wanted = [...rightsAtMachine(resourceId), ...(await rightsToBecome(db, principalId))]
  return wanted.every(({ action, scope }) => has(action, scope))
}

/** Refuses a caller that lacks one of `rights`. @throws {ArmError} `AuthorizationFailed`, which is then on record. */
export async function checkRights(
  { check }: Pick<ArmRequest, 'check'>,
  rights: readonly MachineRight[],
): Promise<void> {
  for (const { action, scope } of rights) await check(action, scope)
}

/** Whether both are the same. */
export function areSameRights(some: readonly MachineRight[], others: readonly MachineRight[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others)
}
