/**
 * The tenant of this control plane and its subscription, made at the first start.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'

/** The two roots under which everything is. */
export interface Tenant {
  tenantId: string
  subscriptionId: string
}

/** The display name of the subscription that the first start makes. */
const FIRST_SUBSCRIPTION = 'Landfast'

/** The kept tenant with its first subscription. */
export function findTenant(db: Kysely<Schema>): Promise<Tenant | undefined> {
  return db
    .selectFrom('subscription')
    .select(['id as subscriptionId', 'tenant_id as tenantId'])
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst()
}

/** A new tenant; `insertTenant` writes it. */
export function newTenant(): Tenant {
  return { tenantId: randomUUID(), subscriptionId: randomUUID() }
}

/** Writes `tenant`. */
export async function insertTenant(trx: Transaction<Schema>, tenant: Tenant, time: Date): Promise<void> {
  const created_at = time.getTime()
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
}
