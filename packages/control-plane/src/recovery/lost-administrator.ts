/**
 * Writes a new secret for an administrator whose file was lost straight into the database: no other administrator may
 * be left who could ask for it over the network.
 *
 * @module
 */

import { join } from 'node:path'
import { renewedAdministrator, resetAdministrator } from '../administrator/administrator.ts'
import { updateAdministratorFile, writeAdministratorFile } from '../administrator/administrator-file.ts'
import type { ControlPlaneOptions } from '../options.ts'
import { findTenant, type Tenant } from '../registry/tenant.ts'
import { readStateFile, STATE_FILE } from '../storage/state-folder.ts'
import type { Storage } from '../storage/storage.ts'
import { StorageError } from '../storage/storage-error.ts'
import { workOnStorage } from './idle-control-plane.ts'

/**
 * Makes the secret and writes it into `administrator.json` of the state folder; the former secrets are good no
 * more. On SQLite the control plane must be stopped. Resolves to the path of the file.
 *
 * @throws {StorageError} `tenant_missing` if no control plane was ever started on this database.
 */
export function replaceAdministrator(options: ControlPlaneOptions): Promise<string> {
  return workOnStorage(options, async (storage, { stateFolder, url, tls, now }) => {
    const tenant = await replace(storage, stateFolder, now())
    const caFile = tls ? undefined : await ownCaFile(stateFolder)
    // Without a name of its own the control plane corrects it at its next start.
    if (url !== undefined) await updateAdministratorFile(stateFolder, tenant, { url, caFile })
    return join(stateFolder, STATE_FILE.administrator)
  })
}

/** The CA certificate that the replica of this folder wrote there. */
async function ownCaFile(folder: string): Promise<string | undefined> {
  const isThere = (await readStateFile(folder, STATE_FILE.caCertificate)) !== undefined
  return isThere ? join(folder, STATE_FILE.caCertificate) : undefined
}

async function replace(storage: Storage, folder: string, time: Date): Promise<Tenant> {
  const tenant = await findTenant(storage.db)
  if (!tenant) throw new StorageError('tenant_missing')
  const administrator = await renewedAdministrator(storage.db, tenant.tenantId, time)
  await writeAdministratorFile(folder, tenant, administrator)
  await storage.change((trx) => resetAdministrator(trx, administrator, time))
  return tenant
}
