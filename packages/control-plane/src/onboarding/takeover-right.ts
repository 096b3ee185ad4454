/**
 * Who may decide which host goes on as a machine: that host has its roles and identities, so it takes the right to give
 * all of them, and not only the right to let machines in.
 *
 * @see docs/roles.md
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import type { ArmAction, ArmRequest } from '../arm/arm-route.ts'
import { listAppRoles } from '../registry/app-roles.ts'
import { findMachineResource, type MachineResource } from '../registry/machine-resource.ts'
import type { Storage } from '../storage/storage.ts'

const WRITE_MACHINE = 'Microsoft.HybridCompute/machines/write'
const GIVE_ROLE = 'Microsoft.Authorization/roleAssignments/write'
const GIVE_IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'
const GIVE_APP_ROLE = 'Landfast.Identity/appRoleAssignments/write'

/**
 * The machine with this ARM id, if the caller may say which host it is.
 *
 * @throws {ArmError} `AuthorizationFailed` or `ResourceNotFound`.
 */
export async function checkTakeover(
  { db }: Pick<Storage, 'db'>,
  { check }: Pick<ArmRequest, 'check'>,
  resourceId: string,
): Promise<MachineResource> {
  await check(WRITE_MACHINE, resourceId)
  await check(GIVE_ROLE, resourceId)
  const machine = await findMachineResource(db, resourceId)
  if (!machine) throw notFound(resourceId)
  for (const [action, scope] of await rightsOf(db, machine)) await check(action, scope)
  return machine
}

/** What gives the machine all that it has, which may lie above or apart from it. */
async function rightsOf(
  db: Storage['db'],
  { principalId, userAssigned }: MachineResource,
): Promise<[ArmAction, string][]> {
  const roles = await db
    .selectFrom('role_assignment')
    .select('scope')
    .where('principal_id', '=', principalId)
    .execute()
  const appRoles = await listAppRoles(db, principalId)
  return [
    ...roles.map(({ scope }): [ArmAction, string] => [GIVE_ROLE, scope]),
    ...userAssigned.map(({ resourceId }): [ArmAction, string] => [GIVE_IDENTITY, resourceId]),
    ...appRoles.slice(0, 1).map((): [ArmAction, string] => [GIVE_APP_ROLE, '/']),
  ]
}

function notFound(resourceId: string): ArmError {
  const { 4: group = '', 8: name = '' } = resourceId.split('/')
  return new ArmError('ResourceNotFound', { type: 'Microsoft.HybridCompute/machines', name, group })
}
