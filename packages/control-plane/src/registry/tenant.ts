/**
 * The tenant of this control plane and its subscription, made at the first start.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Storage } from '../storage/storage.ts'

/** The two roots under which everything is. */
export interface Tenant {
  tenantId: string
  subscriptionId: string
}

/** The display name of the subscription that the first start makes. */
const FIRST_SUBSCRIPTION = 'Landfast'

/** The kept tenant, or a new one if there is none. */
export function openTenant(storage: Storage, now: Date): Promise<Tenant> {
  return storage.change(async (trx) => {
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
      .values({
        id: tenant.subscriptionId,
        tenant_id: tenant.tenantId,
        display_name: FIRST_SUBSCRIPTION,
        created_at,
      })
      .execute()
    return tenant
  })
}
