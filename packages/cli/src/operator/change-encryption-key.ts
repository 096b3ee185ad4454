/**
 * `landfast control-plane change-encryption-key`: seals every secret of the database under another key.
 *
 * @see docs/operations.md#changing-the-encryption-key
 * @module
 */

import { besideControlPlane } from '../settings/control-plane-database.ts'
import type { ControlPlaneFlags } from '../settings/settings-flags.ts'
import { printNote, printResult } from '../terminal.ts'

/** Prints the id of the key and how many secrets came under it. */
export async function changeKey({ json, ...flags }: ControlPlaneFlags): Promise<number> {
  const { changeEncryptionKey } = await import('@landfast/control-plane')
  const changed = await besideControlPlane(flags, (options, isRunning) =>
    changeEncryptionKey(options, { isRunning }),
  )
  const { keyId, secrets } = changed
  printResult(json ? JSON.stringify(changed) : `${secrets} secrets sealed under key ${keyId}`)
  printNote(
    'nothing is sealed under the former key any more: take "former-encryption-key-file" away where it is set, and keep that key only for backups of before',
  )
  return 0
}
