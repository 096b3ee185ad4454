/**
 * A PATCH and a DELETE of a machine.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import type { ArmRequest } from '../arm/arm-route.ts'
import { checkPreconditions } from '../arm/etag.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { keepAdministrator } from '../authorization/last-administrator.ts'
import { machineResourceId } from '../registry/machine.ts'
import { endMachine } from '../registry/machine-end.ts'
import { isKeyOf } from '../registry/machine-keys.ts'
import { patchProperties } from '../registry/machine-properties.ts'
import type { MachineKey } from '../registry/machine-public-key.ts'
import {
  findMachineResource,
  type MachineResource,
  machineEtag,
  updateMachine,
} from '../registry/machine-resource.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { MACHINE_TYPE, type MachineBody } from './machine-body.ts'
import { changeMachineIdentities, checkIdentityAssignment, readMachineIdentity } from './machine-identity.ts'
import { type MachineParams, machinePlace, readSentKey } from './machine-request.ts'
import { requireGroup } from './resource-group.ts'

/** Changes tags, properties and user-assigned identities; what the body does not name stays. @throws {ArmError} if nothing was changed. */
export async function patchMachine(
  { change }: Storage,
  request: ArmRequest<MachineParams>,
): Promise<MachineResource> {
  const { tags, identity, properties } = (request.body ?? {}) as MachineBody
  const identities = readMachineIdentity('PATCH', identity)
  await checkIdentityAssignment(request, identities, machineResourceId(machinePlace(request.params)))
  const key = readSentKey(properties?.clientPublicKey)
  return change(async (trx) => {
    const machine = await requireMachine(trx, request.params)
    checkPreconditions(request.headers, machineEtag(machine))
    await checkSameKey(trx, machine, key)
    await updateMachine(trx, machine, {
      tags: tags === undefined ? machine.tags : (tags ?? {}),
      properties: patchProperties(machine.properties, properties ?? {}),
      time: request.time,
    })
    await recordAudit(trx, [request.audit('change-machine', machine)])
    await changeMachineIdentities(trx, request, { machine, change: identities })
    return requireMachine(trx, request.params)
  })
}

/** A PATCH gives no key; one that is left out without a word would seem to be given. */
async function checkSameKey(
  trx: Transaction<Schema>,
  { principalId }: MachineResource,
  key: MachineKey | undefined,
): Promise<void> {
  if (!key || (await isKeyOf(trx, { principalId, thumbprint: key.thumbprint }))) return
  throw new ArmError('PropertyChangeNotAllowed', { property: 'properties.clientPublicKey' })
}

/** Deletes a machine; resolves to whether there was one. */
export function deleteMachine({ change }: Storage, request: ArmRequest<MachineParams>): Promise<boolean> {
  return change(async (trx) => {
    const place = machinePlace(request.params)
    await requireGroup(trx, place)
    const machine = await findMachineResource(trx, machineResourceId(place))
    checkPreconditions(request.headers, machine && machineEtag(machine))
    if (!machine) return false
    await keepAdministrator(trx, { principalIds: [machine.principalId] })
    await endMachine(trx, machine.principalId, request.time)
    await recordAudit(trx, [request.audit('delete-machine', machine)])
    return true
  })
}

/** The machine at a path. @throws {ArmError} `ResourceGroupNotFound` or `ResourceNotFound`. */
export async function requireMachine(
  db: Storage['db'] | Transaction<Schema>,
  params: MachineParams,
): Promise<MachineResource> {
  const place = machinePlace(params)
  const machine = await findMachineResource(db, machineResourceId(place))
  if (machine) return machine
  await requireGroup(db, place)
  throw new ArmError('ResourceNotFound', {
    type: MACHINE_TYPE,
    name: params.machineName,
    group: params.resourceGroupName,
  })
}
