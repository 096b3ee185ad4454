/**
 * The ways in which a machine has its identity back with a new key: an administrator's word that it comes back once by a
 * key that was its own, and the step in which the new key takes the place of all the others for ever.
 *
 * @see docs/onboarding.md#a-machine-that-lost-its-state
 * @module
 */

import type { Kysely, Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { insertFirstKey } from './machine-keys.ts'
import type { CertifiedKey } from './machine-public-key.ts'
import { mayDecideHost } from './machine-rights.ts'

/** One such word. */
export interface Acceptance {
  principalId: string
  until: Date
  /** The object id of who gives it. */
  createdBy: string
  time: Date
}

/** Writes an acceptance; it takes the place of an earlier one. */
export async function writeAcceptance(trx: Transaction<Schema>, acceptance: Acceptance): Promise<void> {
  const row = {
    accepted_until: acceptance.until.getTime(),
    created_by: acceptance.createdBy,
    created_at: acceptance.time.getTime(),
  }
  await trx
    .insertInto('machine_acceptance')
    .values({ principal_id: acceptance.principalId, ...row })
    .onConflict((conflict) => conflict.column('principal_id').doUpdateSet(row))
    .execute()
}

/** Those of these machines that are accepted at `time`, each with until when, by somebody who still may: the machine may have more roles by now. */
export async function findAccepted(
  db: Kysely<Schema>,
  principalIds: readonly string[],
  time: Date,
): Promise<ReadonlyMap<string, Date>> {
  const rows = await db
    .selectFrom('machine_acceptance')
    .innerJoin('machine', 'machine.principal_id', 'machine_acceptance.principal_id')
    .select(['machine_acceptance.principal_id as principalId', 'resource_id as resourceId'])
    .select(['created_by', 'accepted_until'])
    .where('machine_acceptance.principal_id', 'in', principalIds)
    .where('accepted_until', '>', time.getTime())
    .execute()
  const accepted = new Map<string, Date>()
  for (const { created_by, accepted_until, ...machine } of rows) {
    if (await mayDecideHost(db, created_by, machine))
      accepted.set(machine.principalId, new Date(accepted_until))
  }
  return accepted
}

/** Whether the machine ever had a key by which it could come back. */
export async function hasReturnKey(db: Kysely<Schema>, principalId: string): Promise<boolean> {
  const row = await db
    .selectFrom('machine_key')
    .select('thumbprint')
    .where('principal_id', '=', principalId)
    .where('no_return_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/** What the machine goes on with. */
export interface TakingBack {
  principalId: string
  key: CertifiedKey
  /** By which its next heartbeat is known. */
  presence: Partial<Schema['presence']> & Pick<Schema['presence'], 'nonce'>
  time: Date
}

/**
 * Makes `key` the only one of its machine: every other is refused for ever, and an acceptance is used up. Presence is
 * written first, since heartbeats lock it before they read the keys.
 *
 * @throws {RegistryError} `key_known` if the key is or ever was some machine's.
 */
export async function takeBack(
  trx: Transaction<Schema>,
  { principalId, key, presence, time }: TakingBack,
): Promise<void> {
  const next = { previous_nonce: null, ...presence }
  await trx.updateTable('presence').set(next).where('principal_id', '=', principalId).execute()
  await trx.deleteFrom('machine_acceptance').where('principal_id', '=', principalId).execute()
  await trx
    .updateTable('machine_key')
    .set((is) => ({
      state: 'retired' as const,
      no_return_at: is.fn.coalesce('no_return_at', is.val(time.getTime())),
    }))
    .where('principal_id', '=', principalId)
    .execute()
  await insertFirstKey(trx, { principalId, key, time })
}
