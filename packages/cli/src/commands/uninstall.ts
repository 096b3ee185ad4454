/**
 * `landfast uninstall`: undoes what `landfast install` did, except files that were changed since. What the services keep
 * stays, unless `--purge` is given.
 *
 * @see docs/install.md
 * @module
 */

import { nameOf, type Place } from '../discovery/places.ts'
import { placingAlone } from '../discovery/placing-lock.ts'
import type { Outcome } from '../discovery/remove-files.ts'
import { requireRoot } from '../files/root-user.ts'
import { uninstallHost } from '../installation/uninstall-host.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags of the command, as commander reads them. */
export interface UninstallFlags {
  purge?: true
  /** The maintainer scripts of a package run this. */
  forPackage?: true
  json?: true
}

/** Removes everything that is still as it was placed; a second time there is nothing left to do. */
export async function uninstall(flags: UninstallFlags): Promise<number> {
  requireRoot('remove files of the whole host')
  const options = { purge: flags.purge === true, forPackage: flags.forPackage === true }
  announce(await placingAlone(() => uninstallHost(options)), flags)
  return 0
}

function announce(outcomes: readonly Outcome[], { json, purge }: UninstallFlags): void {
  const having = (wanted: Outcome['is']) =>
    outcomes.filter(({ is }) => is === wanted).map(({ place }) => place)
  const [removed, left] = [having('removed'), having('left')]
  const paths = (places: readonly Place[]) => places.map(({ path }) => path)
  if (json) printResult(JSON.stringify({ removed: paths(removed), left: paths(left) }))
  else {
    for (const place of removed) printResult(`removed ${nameOf(place)}`)
    if (purge) printResult('removed all that the services kept, and their users')
    else if (removed.length === 0) printResult('nothing of Landfast was in its place')
  }
  for (const { path } of left) {
    printNote(`"${path}" was changed since it was placed, and stays as it is`)
  }
  if (removed.length === 0) return
  printNote(
    'services lose the variables after "systemctl daemon-reload" and their own restart, sessions with their end',
  )
}
