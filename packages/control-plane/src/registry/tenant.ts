/**
 * The tenant of this control plane and its subscription, made at the first start.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'

/** The two roots under which everything is. */
export interface Tenant {
  tenantId: string
  subscriptionId: string
}

/** The kept tenant, or a new one if there is none. */
export function openTenant(db: Kysely<Schema>, now: Date): Promise<Tenant> {
  return db.transaction().execute(async (trx) => {
    const kept = await trx
      .selectFrom('subscription')
      .select(['id as subscriptionId', 'tenant_id as tenantId'])
      .executeTakeFirst()
    if (kept) return kept
    const tenant = { tenantId: randomUUID(), subscriptionId: randomUUID() }
    const created_at = now.getTime()
    await trx.insertInto('tenant').values({ id: tenant.tenantId, created_at }).execute()
    await trx
      .insertInto('subscription')
      .values({ id: tenant.subscriptionId, tenant_id: tenant.tenantId, created_at })
      .execute()
    return tenant
  })
}
