/**
 * Who may decide which host goes on as a machine: that host has its roles and identities, so it takes the right to give
 * all of them, and not only the right to let machines in.
 *
 * @see docs/roles.md
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import type { ArmRequest } from '../arm/arm-route.ts'
import { findMachineResource, type MachineResource } from '../registry/machine-resource.ts'
import { checkRights, rightsAtMachine, rightsToBecome } from '../registry/machine-rights.ts'
import type { Storage } from '../storage/storage.ts'

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
  await checkRights({ check }, rightsAtMachine(resourceId))
  const machine = await findMachineResource(db, resourceId)
  if (!machine) throw machineMissing(resourceId)
  await checkRights({ check }, await rightsToBecome(db, machine.principalId))
  return machine
}

/** That there is no machine with this ARM id. */
export function machineMissing(resourceId: string): ArmError {
  const { 4: group = '', 8: name = '' } = resourceId.split('/')
  return new ArmError('ResourceNotFound', { type: 'Microsoft.HybridCompute/machines', name, group })
}
