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
import { temporaryFolder } from './trial.ts'

/** A registry and its database, which is closed after the test. */
export async function openTrialRegistry(
  now: () => Date,
): Promise<{ db: Kysely<Schema>; registry: Registry; tenantId: string }> {
  const folder = await temporaryFolder()
  const db = openSqlite(join(folder, 'landfast.db'))
  onTestFinished(() => db.destroy())
  await migrate(db, now())
  const tenant = await openTenant(db, now())
  const certificates = await openCertificateAuthority(folder, now)
  return { db, registry: createRegistry({ db, certificates, ...tenant, now }), tenantId: tenant.tenantId }
}
