/**
 * `landfast uninstall`: removes the files that `landfast install` placed, except those that were changed since.
 *
 * @see docs/install.md
 * @module
 */

import { findAt, removeEmptyFolder, removeFile, replaceFile } from '../discovery/host-files.ts'
import { type InstalledRecord, RECORD_FILE, readRecord } from '../discovery/installed-record.ts'
import { formerAt, removing } from '../discovery/placement.ts'
import { nameOf, type Place } from '../discovery/places.ts'
import { placingAlone } from '../discovery/placing-lock.ts'
import { requireRoot } from '../files/root-user.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags of the command, as commander reads them. */
export interface UninstallFlags {
  json?: true
}

/** What came of a place. */
interface Outcome {
  place: Place
  is: 'removed' | 'left' | 'gone'
}

/** Removes everything that is still as it was placed; a second time there is nothing left to do. */
export async function uninstall(flags: UninstallFlags): Promise<number> {
  requireRoot('remove files of the whole host')
  announce(await placingAlone(removeAll), flags.json === true)
  return 0
}

async function removeAll(): Promise<Outcome[]> {
  const record = await readRecord()
  if (!record) return []
  const outcomes = new Map<string, Outcome>()
  for (const place of record.places) {
    if (!outcomes.has(place.path)) outcomes.set(place.path, { place, is: await remove(place, record) })
  }
  await forget(record)
  return [...outcomes.values()]
}

async function remove(place: Place, { places, made }: InstalledRecord): Promise<Outcome['is']> {
  const found = await findAt(place)
  const placed = formerAt(places, place.path, found) ?? place
  const step = removing(placed, found, made.includes(place.path))
  if (step.do === 'nothing') return 'gone'
  if (step.do === 'leave') return 'left'
  if (step.do === 'remove') await removeFile(place.path)
  else await replaceFile(placed, step.text)
  return 'removed'
}

/** The record goes last but for its own folder. */
async function forget({ folders }: InstalledRecord): Promise<void> {
  await removeFile(RECORD_FILE)
  for (const folder of folders.toReversed()) await removeEmptyFolder(folder)
}

function announce(outcomes: readonly Outcome[], json: boolean): void {
  const having = (wanted: Outcome['is']) =>
    outcomes.filter(({ is }) => is === wanted).map(({ place }) => place)
  const [removed, left] = [having('removed'), having('left')]
  const paths = (places: readonly Place[]) => places.map(({ path }) => path)
  if (json) printResult(JSON.stringify({ removed: paths(removed), left: paths(left) }))
  else if (removed.length === 0) printResult('nothing of Landfast was in its place')
  else for (const place of removed) printResult(`removed ${nameOf(place)}`)
  for (const { path } of left) {
    printNote(`"${path}" was changed since it was placed, and stays as it is`)
  }
  if (removed.length === 0) return
  printNote(
    'services lose the variables after "systemctl daemon-reload" and their own restart, sessions with their end',
  )
}
