/**
 * `landfast control-plane reset-administrator`: a new secret for an administrator whose file was lost.
 *
 * @see docs/control-plane.md
 * @module
 */

import { withDatabase } from '../settings/control-plane-database.ts'
import type { ControlPlaneFlags } from '../settings/settings-flags.ts'
import { printNote, printResult } from '../terminal.ts'

/** Prints the path of the new file. */
export async function resetAdministrator({ json, ...flags }: ControlPlaneFlags): Promise<number> {
  const { replaceAdministrator } = await import('@landfast/control-plane')
  const administratorFile = await withDatabase(flags, replaceAdministrator)
  printResult(json ? JSON.stringify({ administratorFile }) : administratorFile)
  printNote('the former secrets of the administrator are good no more')
  return 0
}
