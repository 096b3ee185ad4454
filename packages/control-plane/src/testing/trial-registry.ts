/**
 * A registry on a database of its own for one test, without a server in front of it. Not published.
 *
 * @module
 */

import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { onTestFinished } from 'vitest'
import { openCertificateAuthority } from '../certificates/certificate-authority.ts'
import { createRegistry, type Registry } from '../registry/registry.ts'
import { openTenant } from '../registry/tenant.ts'
import { migrate } from '../storage/migrations.ts'
import type { Schema } from '../storage/schema.ts'
import { openSqlite } from '../storage/sqlite.ts'
import type { Storage } from '../storage/storage.ts'
import { temporaryFolder } from './trial.ts'

/** A registry and its database, which is closed after the test. */
export async function openTrialRegistry(
  now: () => Date,
): Promise<{ storage: Storage; db: Kysely<Schema>; registry: Registry; tenantId: string }> {
  const folder = await temporaryFolder()
  const storage = openSqlite(join(folder, 'landfast.db'))
  onTestFinished(() => storage.close())
  await migrate(storage, now())
  const tenant = await openTenant(storage, now())
  const certificates = await openCertificateAuthority(folder, now)
  const registry = createRegistry({ storage, certificates, ...tenant, now })
  return { storage, db: storage.db, registry, tenantId: tenant.tenantId }
}
