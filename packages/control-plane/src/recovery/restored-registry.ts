/**
 * A registry that was restored from a backup: it remembers older nonces than the machines hold, and would take each
 * of them for a copy of itself.
 *
 * @see docs/operations.md#restore
 * @module
 */

import type { Transaction } from 'kysely'
import { unaskedEntry } from '../audit/audit-entry.ts'
import { recordAudit } from '../audit/audit-trail.ts'
import { ANY_NONCE } from '../onboarding/nonce-succession.ts'
import type { ControlPlaneOptions } from '../options.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { workOnStorage } from './idle-control-plane.ts'

/**
 * Lets the next heartbeat of each machine bring any nonce, once. Resolves to how many machines that concerns. Until
 * then copies go undetected: the first to come goes on.
 *
 * @throws {StorageError} if the database cannot be used; on SQLite also while the control plane runs.
 */
export function acceptRestoredMachines(options: ControlPlaneOptions): Promise<number> {
  return workOnStorage(options, (storage, { now }) => forgetNonces(storage, now()))
}

/** So many machines are locked at a time, so that the heartbeats of running replicas wait little. */
const BATCH_MACHINES = 500

/** The same in an open storage. What was interrupted is done by doing it again. */
export async function forgetNonces(storage: Storage, time: Date): Promise<number> {
  await storage.change((trx) => recordAudit(trx, [unaskedEntry('accept-restored', time)]))
  let machines = 0
  let last = ''
  while (true) {
    const ids = await storage.append((trx) => forgetBatch(trx, storage, last))
    machines += ids.length
    if (ids.length < BATCH_MACHINES) return machines
    last = ids.at(-1) ?? last
  }
}

/** Resolves to the object ids of the machines after `last` whose nonce was forgotten. Heartbeats lock in the same order. */
async function forgetBatch(
  trx: Transaction<Schema>,
  { locksRows }: Pick<Storage, 'locksRows'>,
  last: string,
): Promise<string[]> {
  const rows = await trx
    .selectFrom('presence')
    .select('principal_id')
    .where('principal_id', '>', last)
    .orderBy('principal_id')
    .limit(BATCH_MACHINES)
    .$if(locksRows, (query) => query.forUpdate())
    .execute()
  const ids = rows.map(({ principal_id }) => principal_id)
  if (ids.length === 0) return ids
  const forgotten = { nonce: ANY_NONCE, previous_nonce: null }
  await trx.updateTable('presence').set(forgotten).where('principal_id', 'in', ids).execute()
  return ids
}
