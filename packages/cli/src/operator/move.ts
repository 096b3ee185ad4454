/**
 * `landfast control-plane move`: from SQLite to the PostgreSQL database of the settings.
 *
 * @see docs/operations.md#moving-to-postgresql
 * @module
 */

import type { MoveStep } from '@landfast/control-plane'
import { withIdleFolder } from '../settings/control-plane-database.ts'
import type { ControlPlaneFlags } from '../settings/settings-flags.ts'
import type { SettingFlags } from '../settings/settings-sources.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags of the command as commander reads them. */
export type MoveFlags = Omit<SettingFlags, 'json' | 'undo'> &
  Pick<ControlPlaneFlags, 'json'> & { undo?: true }

/** Prints how many rows were moved. */
export async function move({ json, undo, ...flags }: MoveFlags): Promise<number> {
  if (undo) return await takeBack(flags, json)
  const { moveControlPlane } = await import('@landfast/control-plane')
  const moved = await withIdleFolder(flags, (options) => moveControlPlane(options, tell))
  printResult(json ? JSON.stringify(moved) : `${moved.rows} rows`)
  printNote(
    'start the control plane with these settings now; give "encryption-key-file" the key that the state folder has, if it was in use',
  )
  printNote('the SQLite database is kept, and no control plane starts on it any more')
  return 0
}

async function takeBack(flags: SettingFlags, json: true | undefined): Promise<number> {
  const { undoMove } = await import('@landfast/control-plane')
  await withIdleFolder(flags, undoMove)
  if (json) printResult(JSON.stringify({ undone: true }))
  printNote(
    'a control plane starts on the SQLite database again; it does not have what happened on PostgreSQL, so see that none runs there, and run "landfast control-plane accept-restored" if one has',
  )
  return 0
}

function tell(step: MoveStep): void {
  if (step.step === 'compared' && step.rows > 0)
    printNote(`${step.table}: ${step.rows} rows copied and compared`)
}
