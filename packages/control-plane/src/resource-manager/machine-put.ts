/**
 * A PUT of a machine: makes it, with a new identity, or changes what may be changed.
 *
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { Transaction } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import type { ArmRequest } from '../arm/arm-route.ts'
import { checkPreconditions } from '../arm/etag.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import { insertFirstKey, isKeyOf } from '../registry/machine-keys.ts'
import { putProperties } from '../registry/machine-properties.ts'
import { type CertifiedKey, certifyKey } from '../registry/machine-public-key.ts'
import {
  findMachineResource,
  type MachineResource,
  machineEtag,
  updateMachine,
} from '../registry/machine-resource.ts'
import { areSameRights, checkRights, type MachineRight, rightsToBecome } from '../registry/machine-rights.ts'
import { insertMachine, newMachineIdentity } from '../registry/new-machine.ts'
import { RegistryError } from '../registry/registry-error.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { changeMachineIdentities } from './machine-identity.ts'
import type { MachinePut } from './machine-request.ts'
import { requireGroup } from './resource-group.ts'

/** What machines are written with. */
export interface MachineWriteParts {
  storage: Storage
  certificates: CertificateAuthority
  tenantId: string
}

/** How often another writer may come between what was read and what is written. */
const ATTEMPTS = 3

/** A PUT with all that must be there before its transaction begins. */
interface PreparedPut {
  request: ArmRequest<unknown>
  put: MachinePut
  /** Of the machine as it was found, or of the one to be made. */
  identity: Identity
  /** Of the machine that was found. */
  principalId: string | undefined
  /** Certified, if the machine that was found has none. */
  key: CertifiedKey | undefined
  /** What it took to give that key to the machine that was found. */
  rights: readonly MachineRight[]
}

/**
 * Does `put`.
 *
 * @throws {ArmError} if nothing was changed.
 */
export async function putMachine(
  parts: MachineWriteParts,
  request: ArmRequest<unknown>,
  put: MachinePut,
): Promise<MachineResource> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const prepared = await prepare(parts, request, put)
    const written = await parts.storage.change((trx) => write(trx, prepared))
    if (written) return written
  }
  throw new ArmError('Conflict', { resource: put.resourceId })
}

/** Certifying takes time, so it is done outside of the transaction; that the machine is still the same is seen there. */
async function prepare(
  { storage, certificates, tenantId }: MachineWriteParts,
  request: ArmRequest<unknown>,
  put: MachinePut,
): Promise<PreparedPut> {
  const found = await findMachineResource(storage.db, put.resourceId)
  const identity = found ?? newMachineIdentity(tenantId, put.place)
  const newKey = found?.publicKey ? undefined : put.key
  const rights = found && newKey ? await rightsToBecome(storage.db, found.principalId) : []
  await checkRights(request, rights)
  const key = newKey && (await certifyKey(certificates, newKey, identity.clientId))
  return { request, put, identity, principalId: found?.principalId, key, rights }
}

/** Undefined if the machine is not the one that was found before. */
async function write(trx: Transaction<Schema>, prepared: PreparedPut): Promise<MachineResource | undefined> {
  const { request, put } = prepared
  const machine = await findMachineResource(trx, put.resourceId)
  checkPreconditions(request.headers, machine && machineEtag(machine))
  if (machine?.principalId !== prepared.principalId) return undefined
  if (machine && prepared.key && !(await isAsRightful(trx, prepared))) return undefined
  if (machine) await change(trx, machine, prepared)
  else await create(trx, prepared)
  await changeMachineIdentities(trx, request, { machine: prepared.identity, change: put.identities })
  return findMachineResource(trx, put.resourceId)
}

/** Whether the machine was given nothing more meanwhile. */
async function isAsRightful(trx: Transaction<Schema>, { identity, rights }: PreparedPut): Promise<boolean> {
  return areSameRights(rights, await rightsToBecome(trx, identity.principalId))
}

async function create(trx: Transaction<Schema>, prepared: PreparedPut): Promise<void> {
  const { request, put, identity, key } = prepared
  const { time } = request
  const group = await requireGroup(trx, put.place)
  if (put.location === undefined) throw new ArmError('LocationRequired')
  const place = { ...put.place, resourceGroup: group.name, location: put.location }
  await refuseKnownKey(() =>
    insertMachine(trx, {
      place,
      identity,
      tags: put.tags,
      properties: putProperties({}, put.properties),
      time,
      ...(key ? { key } : {}),
      ...(put.vmId === undefined ? {} : { vmId: put.vmId }),
    }),
  )
  await recordAudit(trx, [request.audit('register-machine', identity)])
}

async function change(
  trx: Transaction<Schema>,
  machine: MachineResource,
  { request, put, key }: PreparedPut,
): Promise<void> {
  checkUnchanged(machine, put)
  const { principalId } = machine
  const { time } = request
  if (put.key && machine.publicKey !== null) {
    const isSame = await isKeyOf(trx, { principalId, thumbprint: put.key.thumbprint })
    if (!isSame) throw new ArmError('PropertyChangeNotAllowed', { property: 'properties.clientPublicKey' })
  } else if (key) {
    await refuseKnownKey(() => insertFirstKey(trx, { principalId, key, time }))
  }
  const properties = putProperties(machine.properties, put.properties)
  await updateMachine(trx, machine, { tags: put.tags, properties, time })
  await recordAudit(trx, [request.audit('change-machine', machine)])
}

function checkUnchanged(machine: MachineResource, put: MachinePut): void {
  const { name, resourceGroup: group, location: existing } = machine
  if (put.location !== undefined && put.location !== existing) {
    throw new ArmError('InvalidResourceLocation', { name, group, existing, location: put.location })
  }
  if (put.vmId !== undefined && put.vmId.toLowerCase() !== machine.vmId.toLowerCase()) {
    throw new ArmError('PropertyChangeNotAllowed', { property: 'properties.vmId' })
  }
}

async function refuseKnownKey(insert: () => Promise<void>): Promise<void> {
  try {
    await insert()
  } catch (cause) {
    if (cause instanceof RegistryError && cause.code === 'key_known')
      throw new ArmError('KeyKnown', { cause })
    throw cause
  }
}
