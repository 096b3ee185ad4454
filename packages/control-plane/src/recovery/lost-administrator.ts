/**
 * Writes a new secret for an administrator whose file was lost straight into the database: no other administrator may
 * be left who could ask for it over the network.
 *
 * @module
 */

import { join } from 'node:path'
import { renewedAdministrator, resetAdministrator } from '../administrator/administrator.ts'
import { writeAdministratorFile } from '../administrator/administrator-file.ts'
import type { ControlPlaneOptions } from '../options.ts'
import { findTenant } from '../registry/tenant.ts'
import { STATE_FILE } from '../storage/state-folder.ts'
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
  return workOnStorage(options, async (storage, { stateFolder, now }) => {
    await replace(storage, stateFolder, now())
    return join(stateFolder, STATE_FILE.administrator)
  })
}

async function replace(storage: Storage, folder: string, time: Date): Promise<void> {
  const tenant = await findTenant(storage.db)
  if (!tenant) throw new StorageError('tenant_missing')
  const administrator = await renewedAdministrator(storage.db, tenant.tenantId, time)
  await writeAdministratorFile(folder, tenant, administrator)
  await storage.change((trx) => resetAdministrator(trx, administrator, time))
}
