/**
 * A registry on a database of its own for one test, without a server in front of it. Not published.
 *
 * @module
 */

import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { onTestFinished } from 'vitest'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import { openCertificateAuthority } from '../certificates/kept-authority.ts'
import { createRegistry, type Registry } from '../registry/registry.ts'
import { openTenant } from '../registry/tenant.ts'
import { openEncryptionKey } from '../storage/encryption-key.ts'
import { migrate } from '../storage/migrations.ts'
import type { Schema } from '../storage/schema.ts'
import type { EncryptionKey } from '../storage/sealed-text.ts'
import { openSqlite } from '../storage/sqlite.ts'
import type { Storage } from '../storage/storage.ts'
import { temporaryFolder } from './trial.ts'

/** What a test gets. */
export interface TrialRegistry {
  storage: Storage
  db: Kysely<Schema>
  registry: Registry
  certificates: CertificateAuthority
  encryptionKey: EncryptionKey
  tenantId: string
  folder: string
}

/** A registry and its database, which is closed after the test. */
export async function openTrialRegistry(now: () => Date): Promise<TrialRegistry> {
  const folder = await temporaryFolder()
  const storage = openSqlite(join(folder, 'landfast.db'))
  onTestFinished(() => storage.close())
  await migrate(storage, now())
  const encryptionKey = await openEncryptionKey({ folder, storage, shared: false })
  const tenant = await openTenant(storage, now())
  const certificates = await openCertificateAuthority({ storage, encryptionKey, folder, now })
  const registry = createRegistry({ storage, certificates, ...tenant, now })
  return { storage, db: storage.db, registry, certificates, encryptionKey, tenantId: tenant.tenantId, folder }
}
