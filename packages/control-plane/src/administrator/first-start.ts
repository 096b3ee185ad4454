/**
 * The first start on a new database: one transaction makes tenant, subscription and administrator. The administrator's
 * file is durable before that, so that there is never an administrator whose secret was lost.
 *
 * @module
 */

import { findTenant, insertTenant, newTenant, type Tenant } from '../registry/tenant.ts'
import type { Storage } from '../storage/storage.ts'
import { createAdministrator, newAdministrator } from './administrator.ts'
import { removeAdministratorFile, writeAdministratorFile } from './administrator-file.ts'

/** The tenant of the database; the first start makes it. */
export async function openTenant(options: {
  storage: Storage
  folder: string
  now: () => Date
}): Promise<Tenant> {
  const { storage, folder, now } = options
  const kept = await findTenant(storage.db)
  if (kept) return kept
  const time = now()
  const tenant = newTenant()
  const administrator = newAdministrator(tenant.tenantId, time)
  await writeAdministratorFile(folder, tenant, administrator)
  const present = await storage.change(async (trx) => {
    const other = await findTenant(trx)
    if (other) return other
    await insertTenant(trx, tenant, time)
    await createAdministrator(trx, administrator)
    return tenant
  })
  // Another replica was first: its state folder has the file of the administrator.
  if (present.tenantId !== tenant.tenantId) await removeAdministratorFile(folder)
  return present
}
