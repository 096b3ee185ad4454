/**
 * A step of changing the certificate authority, by an operator's word on the host.
 *
 * @see docs/operations.md#changing-the-ca
 * @module
 */

import { join } from 'node:path'
import { type AuthorityChange, type AuthorityStep, changeAuthority } from '../operation/authority-change.ts'
import { type ControlPlaneOptions, checkOptions } from '../options.ts'
import { openEncryptionKey } from '../storage/encryption-key.ts'
import { STATE_FILE } from '../storage/state-folder.ts'
import { StorageError } from '../storage/storage-error.ts'
import { workOnStorage } from './idle-control-plane.ts'
import { askControlPlane } from './operator-client.ts'

/** Which step, and whether to go on although machines would be left behind. */
export interface StepWanted {
  step: AuthorityStep
  force: boolean
}

/**
 * Makes a step: on PostgreSQL beside the replicas, on SQLite by the control plane that runs, or in the database of one that is
 * stopped.
 *
 * @throws {StorageError} as `changeAuthority`; `ca_foreign` if the options name a certificate of the operator's own.
 */
export async function changeCertificateAuthority(
  options: ControlPlaneOptions,
  { isRunning, ...wanted }: StepWanted & { isRunning: boolean },
): Promise<AuthorityChange> {
  const { stateFolder, databaseUrl, tls } = checkOptions(options)
  if (tls) throw new StorageError('ca_foreign')
  if (isRunning && databaseUrl === undefined) return askForStep(stateFolder, wanted)
  return workOnStorage(options, async (storage, checked) => {
    const { encryptionKey: given, formerEncryptionKey: former, now } = checked
    const shared = databaseUrl !== undefined
    const encryptionKey = await openEncryptionKey({ folder: stateFolder, storage, given, former, shared })
    return changeAuthority({ storage, encryptionKey, now: now(), ...wanted })
  })
}

async function askForStep(folder: string, wanted: StepWanted): Promise<AuthorityChange> {
  const asked = await askControlPlane(join(folder, STATE_FILE.operatorSocket), 'change-ca', wanted)
  try {
    return (await asked.read()) as unknown as AuthorityChange
  } finally {
    asked.close()
  }
}
