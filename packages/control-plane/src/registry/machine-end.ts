/**
 * The end of a machine: what goes with it, and what stays so that it never comes back.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import { endRolesAt } from '../authorization/role-assignments.ts'
import type { PrincipalState, Schema } from '../storage/schema.ts'

/** Changes what a principal may do. */
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
}

/**
 * Deletes the machine of a principal. Its ids and keys stay known, so that they are refused for ever; its role
 * assignments, those of others on it, and its user-assigned identities go.
 */
export async function endMachine(trx: Transaction<Schema>, principalId: string, time: Date): Promise<void> {
  await changePrincipalState(trx, principalId, { state: 'deleted', time })
  await endRolesOnMachine(trx, principalId)
  for (const table of ['machine', 'presence', 'role_assignment', 'app_role_assignment'] as const) {
    await trx.deleteFrom(table).where('principal_id', '=', principalId).execute()
  }
  await trx.deleteFrom('machine_user_identity').where('machine_principal_id', '=', principalId).execute()
}

async function endRolesOnMachine(trx: Transaction<Schema>, principalId: string): Promise<void> {
  const machine = await trx
    .selectFrom('machine')
    .select('resource_key')
    .where('principal_id', '=', principalId)
    .executeTakeFirst()
  if (machine) await endRolesAt(trx, machine.resource_key)
}
