/**
 * The end of what a credential opened: sessions of the portal, and codes that would open one. A session does not say by which
 * credential it began, so all of the principal end.
 *
 * @see ../../../../docs/portal.md#signing-in
 * @module
 */

import type { Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'

const TABLES = ['portal_session', 'portal_code'] as const

/** Signs the principal with this object id out everywhere. */
export async function endPortalAccess(trx: Transaction<Schema>, principalId: string): Promise<void> {
  for (const table of TABLES) {
    await trx.deleteFrom(table).where('principal_id', '=', principalId).execute()
  }
}

/** The same for everybody. */
export async function endAllPortalAccess(trx: Transaction<Schema>): Promise<void> {
  for (const table of TABLES) await trx.deleteFrom(table).execute()
}
