/**
 * The registry: which machines there are, which identity and key each has, and whether it may use them.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Identity } from '@landfast/protocol'
import type { Kysely, Transaction } from 'kysely'
import { type AuditAction, recordAudit, registryEntry } from '../audit/audit-trail.ts'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import type { MachineState, Schema } from '../storage/schema.ts'
import { checkPlace, type Machine, type MachinePlace, machineResourceId } from './machine.ts'
import { type CertifiedKey, certifyKey } from './machine-key.ts'
import { RegistryError } from './registry-error.ts'

/** A machine to be registered. */
export interface MachineRegistration {
  name: string
  /** SPKI in PEM: RSA with 2048 to 4096 bits, or EC on P-256. The private half stays on the machine. */
  publicKey: string
  /** Default "landfast". */
  resourceGroup?: string
  /** Default "local". */
  location?: string
}

/** What a machine is given when it is registered. */
export interface RegisteredMachine {
  identity: Identity
  /** Over the machine's own key, PEM, good for 90 days. Its `x5t#S256` names the key in assertions. */
  certificate: string
}

/** Every change is durable, and in the audit trail, before its promise resolves. Ids are matched without case. */
export interface Registry {
  /** @throws {RegistryError} if the name is taken, or the key is or ever was some machine's. */
  registerMachine(registration: MachineRegistration): Promise<RegisteredMachine>
  /** The machine, or undefined if there is none or it was deleted. */
  findMachine(resourceId: string): Promise<Machine | undefined>
  /** The machine gets no more tokens. @throws {RegistryError} `machine_unknown`. */
  disableMachine(resourceId: string): Promise<void>
  /** Its key is refused for ever and its ids are never given again. @throws {RegistryError} `machine_unknown`. */
  deleteMachine(resourceId: string): Promise<void>
}

/** What the registry works with. */
export interface RegistryParts {
  db: Kysely<Schema>
  certificates: CertificateAuthority
  tenantId: string
  subscriptionId: string
  now: () => Date
}

const DEFAULT_GROUP = 'landfast'
const DEFAULT_LOCATION = 'local'

/** The registry of one tenant. */
export function createRegistry(parts: RegistryParts): Registry {
  return {
    registerMachine: (registration) => registerMachine(parts, registration),
    findMachine: (resourceId) => findMachine(parts.db, resourceId),
    disableMachine: (resourceId) =>
      changeState(parts, resourceId, { state: 'disabled', action: 'disable-machine' }),
    deleteMachine: (resourceId) =>
      changeState(parts, resourceId, { state: 'deleted', action: 'delete-machine' }),
  }
}

async function registerMachine(
  parts: RegistryParts,
  registration: MachineRegistration,
): Promise<RegisteredMachine> {
  const place = placeOf(registration, parts.subscriptionId)
  const identity = newIdentity(parts.tenantId, machineResourceId(place))
  const key = await certifyKey(registration.publicKey, (publicKey) =>
    parts.certificates.certifyMachine(publicKey, identity.clientId),
  )
  await parts.db.transaction().execute(async (trx) => {
    await refuseKnown(trx, identity.resourceId, key.thumbprint)
    await insertMachine(trx, { place, identity, key, time: parts.now() })
    await recordAudit(trx, [registryEntry('register-machine', parts.now(), identity)])
  })
  return { identity, certificate: key.certificate }
}

function placeOf(registration: MachineRegistration, subscriptionId: string): MachinePlace {
  const { name, resourceGroup = DEFAULT_GROUP, location = DEFAULT_LOCATION } = registration
  const place = { subscriptionId, resourceGroup, name, location }
  checkPlace(place)
  return place
}

function newIdentity(tenantId: string, resourceId: string): Identity {
  return { tenantId, clientId: randomUUID(), principalId: randomUUID(), resourceId }
}

async function refuseKnown(trx: Transaction<Schema>, resourceId: string, thumbprint: string): Promise<void> {
  const machine = await presentMachine(trx, resourceId).select('machine.id').executeTakeFirst()
  if (machine) throw new RegistryError('machine_exists')
  const key = await trx
    .selectFrom('machine_key')
    .select('machine_id')
    .where('key_thumbprint', '=', thumbprint)
    .executeTakeFirst()
  if (key) throw new RegistryError('key_known')
}

/** A machine with everything that is written of it at once. */
interface NewMachine {
  place: MachinePlace
  identity: Identity
  key: CertifiedKey
  time: Date
}

async function insertMachine(trx: Transaction<Schema>, machine: NewMachine): Promise<void> {
  const machineId = randomUUID()
  await trx.insertInto('machine').values(machineRow(machineId, machine)).execute()
  await trx.insertInto('identity').values(identityRow(machineId, machine)).execute()
  await trx.insertInto('machine_key').values(keyRow(machineId, machine)).execute()
}

function machineRow(id: string, { place, identity, time }: NewMachine): Schema['machine'] {
  return {
    id,
    subscription_id: place.subscriptionId,
    resource_group: place.resourceGroup,
    name: place.name,
    location: place.location,
    resource_id: identity.resourceId,
    resource_key: identity.resourceId.toLowerCase(),
    state: 'enabled',
    created_at: time.getTime(),
    changed_at: time.getTime(),
  }
}

function identityRow(machineId: string, { identity, time }: NewMachine): Schema['identity'] {
  return {
    principal_id: identity.principalId,
    client_id: identity.clientId,
    tenant_id: identity.tenantId,
    machine_id: machineId,
    created_at: time.getTime(),
  }
}

function keyRow(machineId: string, { key, time }: NewMachine): Schema['machine_key'] {
  return {
    key_thumbprint: key.thumbprint,
    machine_id: machineId,
    public_key: key.publicKey,
    certificate: key.certificate,
    certificate_sha256: key.certificateThumbprints.sha256,
    certificate_sha1: key.certificateThumbprints.sha1,
    not_after: key.notAfter.getTime(),
    created_at: time.getTime(),
  }
}

async function findMachine(db: Kysely<Schema>, resourceId: string): Promise<Machine | undefined> {
  const row = await presentMachine(db, resourceId).selectAll().executeTakeFirst()
  if (!row || row.state === 'deleted') return undefined
  return {
    name: row.name,
    resourceGroup: row.resource_group,
    location: row.location,
    state: row.state,
    identity: {
      tenantId: row.tenant_id,
      clientId: row.client_id,
      principalId: row.principal_id,
      resourceId: row.resource_id,
    },
  }
}

function presentMachine(db: Kysely<Schema>, resourceId: string) {
  return db
    .selectFrom('machine')
    .innerJoin('identity', 'identity.machine_id', 'machine.id')
    .where('machine.resource_key', '=', resourceId.toLowerCase())
    .where('machine.state', '!=', 'deleted')
}

async function changeState(
  parts: RegistryParts,
  resourceId: string,
  change: { state: MachineState; action: AuditAction },
): Promise<void> {
  await parts.db.transaction().execute(async (trx) => {
    const row = await presentMachine(trx, resourceId)
      .select(['machine.id', 'client_id', 'principal_id', 'resource_id'])
      .executeTakeFirst()
    if (!row) throw new RegistryError('machine_unknown')
    const time = parts.now()
    await trx
      .updateTable('machine')
      .set({ state: change.state, changed_at: time.getTime() })
      .where('id', '=', row.id)
      .execute()
    const subject = {
      clientId: row.client_id,
      principalId: row.principal_id,
      resourceId: row.resource_id,
    }
    await recordAudit(trx, [registryEntry(change.action, time, subject)])
  })
}
