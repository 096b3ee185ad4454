/**
 * Places files on this host, all or none if there is a conflict, with a record by which they are removed again. A second
 * time there is nothing left to do.
 *
 * @module
 */

import { CliError } from '../cli-error.ts'
import {
  findAt,
  makeFolder,
  missingFolders,
  removeEmptyFolder,
  removeFile,
  replaceFile,
} from './host-files.ts'
import {
  type InstalledRecord,
  RECORD_FILE,
  type RecordFacts,
  readRecord,
  writeRecord,
} from './installed-record.ts'
import { formerAt, type Placing, placing } from './placement.ts'
import type { Place } from './places.ts'

/** What is done beside the files. */
export interface PlacingParts {
  /** What the record says beside them. */
  facts?: RecordFacts
  /** Runs when it is written down what will be placed, and before any of it is; what it throws ends everything. */
  before?: () => Promise<void>
}

/** A place, and what has to be done there. */
interface Step {
  place: Place
  placing: Placing
}

/** Nothing was placed yet. */
const EMPTY: InstalledRecord = { places: [], made: [], folders: [] }

/** Places `places`. @returns where something was changed. */
export async function placeFiles(
  places: readonly Place[],
  { facts = {}, before = async () => {} }: PlacingParts = {},
): Promise<Place[]> {
  const former = await readRecord()
  const steps = await plan(places, former)
  refuseConflicts(steps)
  const record = await prepare(steps, { ...(former ?? EMPTY), ...facts })
  try {
    await before()
  } catch (error) {
    // Nothing of ours is there yet that the record would be needed for.
    if (!former) await forgetRecord(record)
    throw error
  }
  const written: Place[] = []
  for (const { place, placing } of steps) {
    if (placing.do !== 'write') continue
    await replaceFile(place, placing.text)
    written.push(place)
  }
  const paths = new Set(places.map(({ path }) => path))
  const others = (former?.places ?? []).filter(({ path }) => !paths.has(path))
  await writeRecord({ ...record, places: [...others, ...places] })
  return written
}

/** The record goes last but for its own folder. */
export async function forgetRecord({ folders }: InstalledRecord): Promise<void> {
  await removeFile(RECORD_FILE)
  for (const folder of folders.toReversed()) await removeEmptyFolder(folder)
}

async function plan(places: readonly Place[], former: InstalledRecord | undefined): Promise<Step[]> {
  return await Promise.all(
    places.map(async (place) => {
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
async function prepare(steps: readonly Step[], former: InstalledRecord): Promise<InstalledRecord> {
  const places = steps.map(({ place }) => place)
  const made = new Set(former.made)
  for (const place of places) if ((await findAt(place)).is === 'nothing') made.add(place.path)
  const needed = await missingFolders(RECORD_FILE)
  const folders = new Set(needed)
  for (const { path } of places) for (const folder of await missingFolders(path)) folders.add(folder)
  const record = {
    ...former,
    places: [...former.places, ...places],
    made: [...made],
    folders: [...new Set([...former.folders, ...folders])],
  }
  for (const folder of needed) await makeFolder(folder)
  await writeRecord(record)
  for (const folder of folders) if (!needed.includes(folder)) await makeFolder(folder)
  return record
}
