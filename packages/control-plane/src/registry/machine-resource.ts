/**
 * A machine as a resource: its row with what the registry knows of its identity, key and presence.
 *
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { Kysely } from 'kysely'
import { etagOf } from '../arm/etag.ts'
import type { MachineStatus, PrincipalState, Schema } from '../storage/schema.ts'
import { identitiesByMachine } from './assigned-identities.ts'
import { type MachineHealth, readHealth } from './health/machine-health.ts'
import type { Machine } from './machine.ts'
import type { MachineProperties } from './machine-properties.ts'
import type { ResourceRange } from './resource-list.ts'

/** A machine that was not deleted. */
export interface MachineResource {
  resourceKey: string
  resourceId: string
  resourceGroup: string
  name: string
  location: string
  tags: Readonly<Record<string, string>>
  properties: MachineProperties
  vmId: string
  version: number
  createdAt: Date
  changedAt: Date
  tenantId: string
  principalId: string
  clientId: string
  state: PrincipalState
  status: MachineStatus
  statusChangedAt: Date
  /** Undefined until the first heartbeat. */
  heartbeatAt: Date | undefined
  /** Undefined if its agent tells nothing. */
  health: MachineHealth | undefined
  /** SPKI in PEM; null until the machine is given a key. */
  publicKey: string | null
  /** The user-assigned identities that it has, by their ARM ids. */
  userAssigned: readonly Identity[]
}

/** The ETag of `machine`, which every change of an administrator makes another. Heartbeats do not change it. */
export function machineEtag({ principalId, version }: MachineResource): string {
  return etagOf(principalId.slice(0, 8), version)
}

/** The machine with this ARM id, or undefined. */
export async function findMachineResource(
  db: Kysely<Schema>,
  resourceId: string,
): Promise<MachineResource | undefined> {
  const rows = await machineRows(db).where('machine.resource_key', '=', resourceId.toLowerCase()).execute()
  const [machine] = await machinesOf(db, rows)
  return machine
}

/** The machine with this object id, or undefined. */
export async function findMachineOf(
  db: Kysely<Schema>,
  principalId: string,
): Promise<MachineResource | undefined> {
  const rows = await machineRows(db).where('machine.principal_id', '=', principalId).execute()
  const [machine] = await machinesOf(db, rows)
  return machine
}

/** The same for the program that runs the control plane. */
export async function findMachine(db: Kysely<Schema>, resourceId: string): Promise<Machine | undefined> {
  const found = await findMachineResource(db, resourceId)
  if (!found || found.state === 'deleted') return undefined
  const { name, resourceGroup, location, vmId, tags, state } = found
  const { tenantId, clientId, principalId, resourceId: id } = found
  const identity = { tenantId, clientId, principalId, resourceId: id }
  return { name, resourceGroup, location, vmId, tags, state, identity }
}

/** The machines with these keys, by them. */
export async function findMachineResources(
  db: Kysely<Schema>,
  keys: readonly string[],
): Promise<MachineResource[]> {
  if (keys.length === 0) return []
  const rows = await machineRows(db)
    .where('machine.resource_key', 'in', keys)
    .orderBy('machine.resource_key')
    .execute()
  return machinesOf(db, rows)
}

/** The machines of `range`, by their keys. */
export async function listMachineResources(
  db: Kysely<Schema>,
  { subscriptionId, groupKey, after, limit }: ResourceRange,
): Promise<MachineResource[]> {
  const within = groupKey
    ? machineRows(db).where('machine.group_key', '=', groupKey)
    : machineRows(db).where('machine.subscription_id', '=', subscriptionId)
  const rows = await within
    .where('machine.resource_key', '>', after)
    .orderBy('machine.resource_key')
    .limit(limit)
    .execute()
  return machinesOf(db, rows)
}

function machineRows(db: Kysely<Schema>) {
  return db
    .selectFrom('machine')
    .innerJoin('principal', 'principal.id', 'machine.principal_id')
    .innerJoin('presence', 'presence.principal_id', 'machine.principal_id')
    .leftJoin('machine_health', 'machine_health.principal_id', 'machine.principal_id')
    .leftJoin('machine_key', (join) =>
      join
        .onRef('machine_key.principal_id', '=', 'machine.principal_id')
        .on('machine_key.state', '=', 'current'),
    )
    .select([
      'machine.resource_key as resourceKey',
      'machine.resource_id as resourceId',
      'machine.resource_group as resourceGroup',
      'machine.name',
      'machine.location',
      'machine.tags',
      'machine.properties',
      'machine.vm_id as vmId',
      'machine.version',
      'machine.created_at as createdAt',
      'machine.changed_at as changedAt',
      'principal.tenant_id as tenantId',
      'principal.id as principalId',
      'principal.client_id as clientId',
      'principal.state',
      'presence.status',
      'presence.status_changed_at as statusChangedAt',
      'presence.last_heartbeat_at as heartbeatAt',
      'machine_health.parts as health',
      'machine_health.reported_at as healthAt',
      'machine_key.public_key as publicKey',
    ])
}

type Row = Awaited<ReturnType<ReturnType<typeof machineRows>['executeTakeFirstOrThrow']>>

async function machinesOf(db: Kysely<Schema>, rows: readonly Row[]): Promise<MachineResource[]> {
  const identities = await identitiesByMachine(
    db,
    rows.map(({ principalId }) => principalId),
  )
  return rows.map((row) => machineOf(row, identities.get(row.principalId) ?? []))
}

function machineOf(row: Row, userAssigned: readonly Identity[]): MachineResource {
  return {
    ...row,
    userAssigned,
    health: readHealth(row),
    tags: JSON.parse(row.tags),
    properties: JSON.parse(row.properties),
    createdAt: new Date(row.createdAt),
    changedAt: new Date(row.changedAt),
    statusChangedAt: new Date(row.statusChangedAt),
    heartbeatAt: row.heartbeatAt === null ? undefined : new Date(row.heartbeatAt),
  }
}

/** What of a machine an administrator changes. */
export interface MachineChange {
  tags: Readonly<Record<string, string>>
  properties: MachineProperties
  /** Of another host that is the machine from now on. */
  vmId?: string
  time: Date
}

/** Makes the version the next one, for a change of what is not in the row of the machine; answers the machine as it is then. */
export async function advanceMachine(
  db: Kysely<Schema>,
  machine: MachineResource,
  time: Date,
): Promise<MachineResource> {
  const version = machine.version + 1
  await db
    .updateTable('machine')
    .set({ version, changed_at: time.getTime() })
    .where('resource_key', '=', machine.resourceKey)
    .execute()
  return { ...machine, version, changedAt: time }
}

/** Writes `change` and makes the version the next one. */
export async function updateMachine(
  db: Kysely<Schema>,
  { resourceKey, version }: Pick<MachineResource, 'resourceKey' | 'version'>,
  { tags, properties, vmId, time }: MachineChange,
): Promise<void> {
  await db
    .updateTable('machine')
    .set({
      tags: JSON.stringify(tags),
      properties: JSON.stringify(properties),
      ...(vmId !== undefined && { vm_id: vmId }),
      version: version + 1,
      changed_at: time.getTime(),
    })
    .where('resource_key', '=', resourceKey)
    .execute()
}
