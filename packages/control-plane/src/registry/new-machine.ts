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
import { isKnownKey, keyRow } from './machine-keys.ts'
import type { CertifiedKey } from './machine-public-key.ts'
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
  const groupKey = await ensureGroup(trx, machine.place, { time: machine.time })
  await trx.insertInto('principal').values(principalRow(machine)).execute()
  await trx.insertInto('machine').values(machineRow(machine, groupKey)).execute()
  await trx.insertInto('presence').values(presenceRow(machine)).execute()
  const { identity, key, time } = machine
  if (!key) return
  const { principalId } = identity
  await trx.insertInto('machine_key').values(keyRow({ principalId, key, time })).execute()
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
