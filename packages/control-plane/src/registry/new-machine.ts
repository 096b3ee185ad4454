/**
 * A machine on its way into the registry: its principal, its row, its key and its first nonce, written at once.
 *
 * @module
 */

import { randomBytes, randomUUID } from 'node:crypto'
import type { Identity } from '@landfast/protocol'
import type { Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { type MachinePlace, machineResourceId } from './machine.ts'
import type { CertifiedKey } from './machine-key.ts'
import { RegistryError } from './registry-error.ts'
import { ensureGroup } from './resource-groups.ts'

const NONCE_BYTES = 24

/** Everything that is written of a new machine. */
export interface NewMachine {
  place: MachinePlace
  identity: Identity
  /** Without one the machine can prove nothing until it is given one. */
  key?: CertifiedKey
  tags?: Readonly<Record<string, string>>
  /** The writable part of ARM's `properties`. */
  properties?: object
  vmId?: string
  time: Date
}

/** A new identity for the machine at `place`; its ids were never given before. */
export function newMachineIdentity(tenantId: string, place: MachinePlace): Identity {
  return {
    tenantId,
    clientId: randomUUID(),
    principalId: randomUUID(),
    resourceId: machineResourceId(place),
  }
}

/**
 * Writes `machine`, and its resource group if there is none of that name.
 *
 * @throws {RegistryError} `machine_exists`, or `key_known` if the key is or ever was some machine's.
 */
export async function insertMachine(trx: Transaction<Schema>, machine: NewMachine): Promise<void> {
  await refuseKnown(trx, machine)
  const groupKey = await ensureGroup(trx, machine.place, machine.time)
  await trx.insertInto('principal').values(principalRow(machine)).execute()
  await trx.insertInto('machine').values(machineRow(machine, groupKey)).execute()
  await trx.insertInto('presence').values(presenceRow(machine)).execute()
  if (machine.key) await trx.insertInto('machine_key').values(keyRow(machine, machine.key)).execute()
}

async function refuseKnown(trx: Transaction<Schema>, { identity, key }: NewMachine): Promise<void> {
  const machine = await trx
    .selectFrom('machine')
    .select('name')
    .where('resource_key', '=', identity.resourceId.toLowerCase())
    .executeTakeFirst()
  if (machine) throw new RegistryError('machine_exists')
  if (key && (await isKnownKey(trx, key.thumbprint))) throw new RegistryError('key_known')
}

/** Whether the key with this RFC 7638 thumbprint is or ever was a machine's. */
export async function isKnownKey(trx: Transaction<Schema>, thumbprint: string): Promise<boolean> {
  const key = await trx
    .selectFrom('machine_key')
    .select('thumbprint')
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst()
  return key !== undefined
}

/** A nonce for the next heartbeat. */
export function newNonce(): string {
  return randomBytes(NONCE_BYTES).toString('base64url')
}

function principalRow({ identity, place, time }: NewMachine): Schema['principal'] {
  return {
    id: identity.principalId,
    client_id: identity.clientId,
    tenant_id: identity.tenantId,
    kind: 'machine',
    display_name: place.name,
    resource_id: identity.resourceId,
    state: 'enabled',
    created_at: time.getTime(),
    changed_at: time.getTime(),
  }
}

function machineRow(machine: NewMachine, groupKey: string): Schema['machine'] {
  const { place, identity, tags = {}, properties = {}, vmId = randomUUID(), time } = machine
  return {
    resource_key: identity.resourceId.toLowerCase(),
    resource_id: identity.resourceId,
    principal_id: identity.principalId,
    group_key: groupKey,
    subscription_id: place.subscriptionId,
    resource_group: place.resourceGroup,
    name: place.name,
    location: place.location,
    tags: JSON.stringify(tags),
    properties: JSON.stringify(properties),
    vm_id: vmId,
    version: 1,
    created_at: time.getTime(),
    changed_at: time.getTime(),
  }
}

function presenceRow({ identity, time }: NewMachine): Schema['presence'] {
  return {
    principal_id: identity.principalId,
    status: 'AwaitingConnection',
    status_changed_at: time.getTime(),
    last_heartbeat_at: null,
    nonce: newNonce(),
    previous_nonce: null,
    host_name: null,
  }
}

function keyRow({ identity, time }: NewMachine, key: CertifiedKey): Schema['machine_key'] {
  return {
    thumbprint: key.thumbprint,
    principal_id: identity.principalId,
    public_key: key.publicKey,
    certificate: key.certificate,
    certificate_sha256: key.certificateThumbprints.sha256,
    certificate_sha1: key.certificateThumbprints.sha1,
    not_after: key.notAfter.getTime(),
    state: 'current',
    created_at: time.getTime(),
  }
}
