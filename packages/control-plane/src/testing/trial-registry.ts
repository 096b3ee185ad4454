/**
 * A registry on a database of its own for one test, without a server in front of it and without an administrator. Not published.
 *
 * @module
 */

import type { Kysely } from 'kysely'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import { openCertificateAuthority } from '../certificates/kept-authority.ts'
import { insertTenant, newTenant } from '../registry/tenant.ts'
import { openEncryptionKey } from '../storage/encryption-key.ts'
import { migrate } from '../storage/migrations.ts'
import { openStorage } from '../storage/open-storage.ts'
import type { Schema } from '../storage/schema.ts'
import type { EncryptionKey } from '../storage/sealed-text.ts'
import type { Storage } from '../storage/storage.ts'
import { temporaryFolder } from './trial.ts'
import { type TrialDatabase, trialDatabaseUrl } from './trial-database.ts'
import { createTrialMachines, type TrialMachines } from './trial-machines.ts'

/** What a test gets. */
export interface TrialRegistry {
  storage: Storage
  db: Kysely<Schema>
  /** Makes machines in it. */
  registry: TrialMachines
  certificates: CertificateAuthority
  encryptionKey: EncryptionKey
  tenantId: string
  subscriptionId: string
  folder: string
}

/** Which database: a new and empty one of this kind, or the PostgreSQL database at `url`. */
export interface TrialPlace {
  database?: TrialDatabase | undefined
  url?: string | undefined
}

/** Storage that is closed after the test. */
export async function openTrialStorage(place: TrialPlace = {}): Promise<Storage> {
  const stateFolder = await temporaryFolder()
  const databaseUrl = place.url ?? (await trialDatabaseUrl(place.database))
  const storage = await openStorage({
    stateFolder,
    log: pino({ enabled: false }),
    ...(databaseUrl && { databaseUrl }),
  })
  onTestFinished(() => storage.close())
  return storage
}

/** A registry and its database, which is closed after the test; on either database, as `startTrial` is. */
export async function openTrialRegistry(now: () => Date, place: TrialPlace = {}): Promise<TrialRegistry> {
  const folder = await temporaryFolder()
  const storage = await openTrialStorage(place)
  await migrate(storage, now())
  const encryptionKey = await openEncryptionKey({ folder, storage, shared: false })
  const tenant = newTenant()
  await storage.change((trx) => insertTenant(trx, tenant, now()))
  const certificates = await openCertificateAuthority({ storage, encryptionKey, folder, now })
  const registry = createTrialMachines({ storage, certificates, ...tenant, now })
  return { storage, db: storage.db, registry, certificates, encryptionKey, ...tenant, folder }
}
