/**
 * A registry that was restored from a backup: it remembers older nonces than the machines hold, and would take each
 * of them for a copy of itself.
 *
 * @see docs/control-plane.md#backup
 * @module
 */

import { recordAudit, unaskedEntry } from '../audit/audit-trail.ts'
import { ANY_NONCE } from '../onboarding/nonce-succession.ts'
import type { ControlPlaneOptions } from '../options.ts'
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

/** The same in an open storage. */
export function forgetNonces(storage: Storage, time: Date): Promise<number> {
  return storage.change(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('presence')
      .set({ nonce: ANY_NONCE, previous_nonce: null })
      .where('last_heartbeat_at', 'is not', null)
      .executeTakeFirst()
    await recordAudit(trx, [unaskedEntry('accept-restored', time)])
    return Number(numUpdatedRows)
  })
}
