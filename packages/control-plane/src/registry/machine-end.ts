/**
 * The end of a machine: most of it is deleted, and so much stays that it never comes back.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import { endRolesAt } from '../authorization/role-assignments.ts'
import type { PrincipalState, Schema } from '../storage/schema.ts'
import { endPortalAccess } from './portal-access.ts'

/** Changes what a principal may do. One that may do nothing any more is signed out for good, also if it is enabled again. */
export async function changePrincipalState(
  trx: Transaction<Schema>,
  principalId: string,
  change: { state: PrincipalState; time: Date },
): Promise<void> {
  await trx
    .updateTable('principal')
    .set({ state: change.state, changed_at: change.time.getTime() })
    .where('id', '=', principalId)
    .execute()
  if (change.state !== 'enabled') await endPortalAccess(trx, principalId)
}

/** Which machines end: one, or all of a resource group. */
export type EndingMachines = { principalId: string } | { groupKey: string }

/** What is kept of a machine by its object id, and goes with it. */
const PRINCIPAL_TABLES = [
  'presence',
  'machine_health',
  'machine_acceptance',
  'role_assignment',
  'app_role_assignment',
] as const

/**
 * Deletes machines. Their ids and keys stay known, so that they are refused for ever; their role assignments and
 * user-assigned identities go, but not the roles of others at them.
 */
export async function endMachines(
  trx: Transaction<Schema>,
  ending: EndingMachines,
  time: Date,
): Promise<void> {
  const machines = selectMachines(trx, ending)
  const ids = machines.select('machine.principal_id')
  await trx
    .updateTable('principal')
    .set({ state: 'deleted', changed_at: time.getTime() })
    .where('id', 'in', ids)
    .execute()
  for (const table of PRINCIPAL_TABLES) {
    await trx.deleteFrom(table).where('principal_id', 'in', ids).execute()
  }
  await trx.deleteFrom('machine_user_identity').where('machine_principal_id', 'in', ids).execute()
  await trx.deleteFrom('machine').where('principal_id', 'in', ids).execute()
}

/** Deletes the machine of a principal, with the roles at it. */
export async function endMachine(trx: Transaction<Schema>, principalId: string, time: Date): Promise<void> {
  const machine = await selectMachines(trx, { principalId }).select('resource_key').executeTakeFirst()
  if (machine) await endRolesAt(trx, machine.resource_key)
  await endMachines(trx, { principalId }, time)
}

function selectMachines(trx: Transaction<Schema>, ending: EndingMachines) {
  const machines = trx.selectFrom('machine')
  return 'groupKey' in ending
    ? machines.where('group_key', '=', ending.groupKey)
    : machines.where('principal_id', '=', ending.principalId)
}
