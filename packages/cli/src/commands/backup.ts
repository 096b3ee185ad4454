/**
 * `landfast control-plane backup` and `restore`: the state of a control plane on SQLite as one file, and back.
 *
 * @see docs/operations.md#backup
 * @module
 */

import { besideControlPlane, withDatabase } from '../settings/control-plane-database.ts'
import { printNote, printResult } from '../terminal.ts'
import type { ControlPlaneFlags } from './control-plane.ts'

/** Prints the path of the backup. */
export async function backup(file: string, { json, ...flags }: ControlPlaneFlags): Promise<number> {
  const { backUpControlPlane } = await import('@landfast/control-plane')
  const made = await besideControlPlane(flags, (options, isRunning) =>
    backUpControlPlane(options, { file, isRunning }),
  )
  printResult(json ? JSON.stringify(made) : made.file)
  printNote(
    made.hasEncryptionKey
      ? 'the encryption key is in it: whoever reads this file can issue tokens'
      : 'the encryption key is not in it; keep a copy of that as well, at another place',
  )
  return 0
}

/** Prints how many machines the restored control plane knows. */
export async function restore(file: string, { json, ...flags }: ControlPlaneFlags): Promise<number> {
  const { restoreControlPlane } = await import('@landfast/control-plane')
  const restored = await withDatabase(flags, (options) => restoreControlPlane(options, file))
  printResult(json ? JSON.stringify(restored) : `${restored.machines} machines`)
  printNote('the next heartbeat of each is taken whatever nonce it brings; start the control plane now')
  printNote(
    'if a signing key was withdrawn after this backup: run "landfast signing-keys rotate --urgency compromised" once more',
  )
  return 0
}
