/**
 * `landfast control-plane accept-restored`: keeps machines from being taken for copies after the database was restored
 * from a backup.
 *
 * @see docs/operations.md#restore
 * @module
 */

import { withDatabase } from '../settings/control-plane-database.ts'
import type { ControlPlaneFlags } from '../settings/settings-flags.ts'
import { printNote, printResult } from '../terminal.ts'

/** Prints how many machines it concerns. */
export async function acceptRestored({ json, ...flags }: ControlPlaneFlags): Promise<number> {
  const { acceptRestoredMachines } = await import('@landfast/control-plane')
  const machines = await withDatabase(flags, acceptRestoredMachines)
  printResult(json ? JSON.stringify({ machines }) : `${machines} machines`)
  printNote(
    'the next heartbeat of each is taken whatever nonce it brings; refused ones ask again within a minute',
  )
  return 0
}
