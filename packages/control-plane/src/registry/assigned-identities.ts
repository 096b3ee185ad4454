/**
 * The user-assigned identities of machines: a machine may have tokens of these and of no others.
 *
 * @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-assign-managed-identity-vm-resources
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { Kysely, Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'

/** One identity of one machine. */
export interface IdentityAssignment {
  machinePrincipalId: string
  identityPrincipalId: string
}

/** The identities that a machine has, by their ARM ids. */
export async function assignedIdentities(
  db: Kysely<Schema>,
  machinePrincipalId: string,
): Promise<readonly Identity[]> {
  const byMachine = await identitiesByMachine(db, [machinePrincipalId])
  return byMachine.get(machinePrincipalId) ?? []
}

/** The same for several machines; one that has none is not in the map. */
export async function identitiesByMachine(
  db: Kysely<Schema>,
  machinePrincipalIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Identity[]>> {
  if (machinePrincipalIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('machine_user_identity')
    .innerJoin('principal', 'principal.id', 'machine_user_identity.identity_principal_id')
    .select([
      'machine_principal_id as machine',
      'tenant_id as tenantId',
      'client_id as clientId',
      'principal.id as principalId',
      'resource_id as resourceId',
    ])
    .where('machine_principal_id', 'in', machinePrincipalIds)
    .orderBy('resource_id')
    .execute()
  const byMachine = new Map<string, Identity[]>()
  for (const { machine, resourceId, ...ids } of rows) {
    const identities = byMachine.get(machine) ?? []
    byMachine.set(machine, [...identities, { ...ids, resourceId: resourceId ?? '' }])
  }
  return byMachine
}

/** Assigns a machine an identity that it does not have. */
export async function assignIdentity(
  trx: Transaction<Schema>,
  assignment: IdentityAssignment,
): Promise<void> {
  await trx
    .insertInto('machine_user_identity')
    .values({
      machine_principal_id: assignment.machinePrincipalId,
      identity_principal_id: assignment.identityPrincipalId,
    })
    .execute()
}

/** Takes an identity from a machine. */
export async function unassignIdentity(
  trx: Transaction<Schema>,
  assignment: IdentityAssignment,
): Promise<void> {
  await trx
    .deleteFrom('machine_user_identity')
    .where('machine_principal_id', '=', assignment.machinePrincipalId)
    .where('identity_principal_id', '=', assignment.identityPrincipalId)
    .execute()
}

/** A part of the machines that have an identity. */
export interface AssignedMachineRange {
  identityPrincipalId: string
  /** Only those whose ARM ids, in lower case, come after this. */
  after: string
  limit: number
}

/** The rows of the machines that have an identity, by their ARM ids. */
export function machinesWithIdentity(
  db: Kysely<Schema>,
  { identityPrincipalId, after, limit }: AssignedMachineRange,
): Promise<Schema['machine'][]> {
  return db
    .selectFrom('machine_user_identity')
    .innerJoin('machine', 'machine.principal_id', 'machine_user_identity.machine_principal_id')
    .selectAll('machine')
    .where('identity_principal_id', '=', identityPrincipalId)
    .where('machine.resource_key', '>', after)
    .orderBy('machine.resource_key')
    .limit(limit)
    .execute()
}
