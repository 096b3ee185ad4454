/**
 * The registry: the machines, the identity and key of each, and whether it may use them.
 *
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { Kysely } from 'kysely'
import { recordAudit, registryEntry } from '../audit/audit-trail.ts'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { checkPlace, type Machine, type MachinePlace } from './machine.ts'
import { changePrincipalState, endMachine } from './machine-end.ts'
import { certifyKey } from './machine-key.ts'
import { insertMachine, newMachineIdentity } from './new-machine.ts'
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
  storage: Storage
  certificates: CertificateAuthority
  tenantId: string
  subscriptionId: string
  now: () => Date
}

const DEFAULT_GROUP = 'landfast'
/** Where a resource is of which nobody says it. */
export const DEFAULT_LOCATION = 'local'

/** The registry of one tenant. */
export function createRegistry(parts: RegistryParts): Registry {
  return {
    registerMachine: (registration) => registerMachine(parts, registration),
    findMachine: (resourceId) => findMachine(parts.storage.db, resourceId),
    disableMachine: (resourceId) => disableMachine(parts, resourceId),
    deleteMachine: (resourceId) => deleteMachine(parts, resourceId),
  }
}

async function registerMachine(
  parts: RegistryParts,
  registration: MachineRegistration,
): Promise<RegisteredMachine> {
  const place = placeOf(registration, parts.subscriptionId)
  const identity = newMachineIdentity(parts.tenantId, place)
  const key = await certifyKey(registration.publicKey, (publicKey) =>
    parts.certificates.certifyMachine(publicKey, identity.clientId),
  )
  const time = parts.now()
  await parts.storage.change(async (trx) => {
    await insertMachine(trx, { place, identity, key, time })
    await recordAudit(trx, [registryEntry('register-machine', time, identity)])
  })
  return { identity, certificate: key.certificate }
}

function placeOf(registration: MachineRegistration, subscriptionId: string): MachinePlace {
  const { name, resourceGroup = DEFAULT_GROUP, location = DEFAULT_LOCATION } = registration
  const place = { subscriptionId, resourceGroup, name, location }
  checkPlace(place)
  return place
}

async function findMachine(db: Kysely<Schema>, resourceId: string): Promise<Machine | undefined> {
  const row = await db
    .selectFrom('machine')
    .innerJoin('principal', 'principal.id', 'machine.principal_id')
    .selectAll('machine')
    .select(['tenant_id', 'client_id', 'state'])
    .where('machine.resource_key', '=', resourceId.toLowerCase())
    .executeTakeFirst()
  if (!row || row.state === 'deleted') return undefined
  return {
    name: row.name,
    resourceGroup: row.resource_group,
    location: row.location,
    vmId: row.vm_id,
    tags: JSON.parse(row.tags),
    state: row.state,
    identity: {
      tenantId: row.tenant_id,
      clientId: row.client_id,
      principalId: row.principal_id,
      resourceId: row.resource_id,
    },
  }
}

async function disableMachine(parts: RegistryParts, resourceId: string): Promise<void> {
  const time = parts.now()
  await parts.storage.change(async (trx) => {
    const { identity } = await knownMachine(trx, resourceId)
    await changePrincipalState(trx, identity.principalId, { state: 'disabled', time })
    await recordAudit(trx, [registryEntry('disable-machine', time, identity)])
  })
}

async function deleteMachine(parts: RegistryParts, resourceId: string): Promise<void> {
  const time = parts.now()
  await parts.storage.change(async (trx) => {
    const { identity } = await knownMachine(trx, resourceId)
    await endMachine(trx, identity.principalId, time)
    await recordAudit(trx, [registryEntry('delete-machine', time, identity)])
  })
}

async function knownMachine(db: Kysely<Schema>, resourceId: string): Promise<Machine> {
  const machine = await findMachine(db, resourceId)
  if (!machine) throw new RegistryError('machine_unknown')
  return machine
}
