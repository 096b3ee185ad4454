/**
 * `landfast install --marker-only`: places the files by which Azure SDKs on the whole host find the agent.
 *
 * @see docs/install.md
 * @module
 */

import { refuseRealAgent } from '@landfast/agent'
import { ARC_KEY_FOLDER, COMPETING_VARIABLES } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { findAt, makeFolder, missingFolders, replaceFile } from '../discovery/host-files.ts'
import { type InstalledRecord, RECORD_FILE, readRecord, writeRecord } from '../discovery/installed-record.ts'
import { formerAt, type Placing, placing } from '../discovery/placement.ts'
import { nameOf, PLACES, type Place, SESSION_PLACE } from '../discovery/places.ts'
import { placingAlone } from '../discovery/placing-lock.ts'
import { assignedNames, withoutLines } from '../discovery/shared-file.ts'
import { requireRoot } from '../files/root-user.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags of the command, as commander reads them. */
export interface InstallFlags {
  /** Nothing but what SDKs look for; more is not built yet. */
  markerOnly: true
  json?: true
}

/** A place, and what has to be done there. */
interface Step {
  place: Place
  placing: Placing
}

/** Places everything, or nothing if there is a conflict; a second time there is nothing left to do. */
export async function install(flags: InstallFlags): Promise<number> {
  requireRoot('place files for the whole host')
  refuseRealAgent(ARC_KEY_FOLDER)
  announce(await placingAlone(placeAll), flags.json === true)
  await warnOfCompetitors()
  return 0
}

/** @returns where something was changed. */
async function placeAll(): Promise<Place[]> {
  const former = await readRecord()
  const steps = await plan(former)
  refuseConflicts(steps)
  const record = await prepare(steps, former)
  const written: Place[] = []
  for (const { place, placing } of steps) {
    if (placing.do !== 'write') continue
    await replaceFile(place, placing.text)
    written.push(place)
  }
  await writeRecord({ ...record, places: PLACES })
  return written
}

async function plan(former: InstalledRecord | undefined): Promise<Step[]> {
  return await Promise.all(
    PLACES.map(async (place) => {
      const found = await findAt(place)
      return { place, placing: placing(place, found, formerAt(former?.places ?? [], place.path, found)) }
    }),
  )
}

function refuseConflicts(steps: readonly Step[]): void {
  for (const { placing } of steps) {
    if (placing.do !== 'conflict') continue
    const hints = ['nothing was changed; remove what is there first, if it is of no use']
    throw new CliError('config_conflict', { detail: placing.reason, hints })
  }
}

/** Writes down what will be placed beside what was, and makes the folders for it. */
async function prepare(
  steps: readonly Step[],
  former: InstalledRecord = { places: [], made: [], folders: [] },
): Promise<InstalledRecord> {
  const made = new Set(former.made)
  for (const { place } of steps) if ((await findAt(place)).is === 'nothing') made.add(place.path)
  const needed = await missingFolders(RECORD_FILE)
  const folders = new Set(needed)
  for (const { path } of PLACES) for (const folder of await missingFolders(path)) folders.add(folder)
  const record = {
    places: [...former.places, ...PLACES],
    made: [...made],
    folders: [...new Set([...former.folders, ...folders])],
  }
  for (const folder of needed) await makeFolder(folder)
  await writeRecord(record)
  for (const folder of folders) if (!needed.includes(folder)) await makeFolder(folder)
  return record
}

function announce(written: readonly Place[], json: boolean): void {
  const placed = written.map(({ path }) => path)
  const unchanged = PLACES.map(({ path }) => path).filter((path) => !placed.includes(path))
  if (json) printResult(JSON.stringify({ placed, unchanged }))
  else if (written.length === 0) printResult('everything was in its place already')
  else for (const place of written) printResult(`placed ${nameOf(place)}`)
  if (written.length === 0) return
  printNote(
    'services have the variables after "systemctl daemon-reload" and their own restart, sessions from the next login on',
  )
}

/** Variables of others that lead SDKs past Arc are theirs; who put them there should know. */
async function warnOfCompetitors(): Promise<void> {
  const { path, content } = SESSION_PLACE
  const found = await findAt(SESSION_PLACE)
  const names = assignedNames(found.is === 'text' ? withoutLines(found.text, content) : '')
  for (const name of COMPETING_VARIABLES) {
    if (names.includes(name)) printNote(`"${path}" sets ${name}, by which SDKs go elsewhere`)
  }
}
