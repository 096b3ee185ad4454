/**
 * What a heartbeat's answer tells a machine: its user-assigned identities and its tags, read for many machines at once.
 *
 * @module
 */

import type { AssignedIdentity } from '@landfast/protocol'
import type { Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'

/** What a machine is told. */
export interface ToldMachine {
  /** Its user-assigned identities. */
  identities: readonly AssignedIdentity[]
  tags: Readonly<Record<string, string>>
}

/** Reads what the machines with these principal ids are told; the result is asked for one of them. */
export async function findTold(
  trx: Transaction<Schema>,
  principalIds: readonly string[],
): Promise<(principalId: string) => ToldMachine> {
  const identities = await findIdentities(trx, principalIds)
  const tags = await findTags(trx, principalIds)
  return (id) => ({ identities: identities.get(id) ?? [], tags: tags.get(id) ?? {} })
}

async function findIdentities(
  trx: Transaction<Schema>,
  machineIds: readonly string[],
): Promise<ReadonlyMap<string, AssignedIdentity[]>> {
  const identities = new Map(machineIds.map((id) => [id, [] as AssignedIdentity[]]))
  if (identities.size === 0) return identities
  const rows = await selectIdentities(trx, { machineIds })
  for (const { machine_principal_id, id, client_id, resource_id } of rows) {
    const identity = { clientId: client_id, principalId: id, resourceId: resource_id ?? '' }
    identities.get(machine_principal_id)?.push(identity)
  }
  return identities
}

const selectIdentities = prepareStatement((db, { machineIds }: { machineIds: readonly string[] }) =>
  db
    .selectFrom('machine_user_identity')
    .innerJoin('principal', 'principal.id', 'machine_user_identity.identity_principal_id')
    .select(['machine_principal_id', 'principal.id', 'principal.client_id', 'principal.resource_id'])
    .where('machine_principal_id', 'in', machineIds)
    .where('principal.state', '!=', 'deleted')
    .orderBy('principal.id'),
)

async function findTags(
  trx: Transaction<Schema>,
  principalIds: readonly string[],
): Promise<ReadonlyMap<string, Record<string, string>>> {
  if (principalIds.length === 0) return new Map()
  const rows = await selectTags(trx, { principalIds })
  return new Map(rows.map(({ principal_id, tags }) => [principal_id, JSON.parse(tags)]))
}

const selectTags = prepareStatement((db, { principalIds }: { principalIds: readonly string[] }) =>
  db.selectFrom('machine').select(['principal_id', 'tags']).where('principal_id', 'in', principalIds),
)
