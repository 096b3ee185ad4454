/**
 * Removes the files that were placed on this host, by the record of them, except those that were changed since.
 *
 * @module
 */

import { findAt, removeFile, replaceFile } from './host-files.ts'
import type { InstalledRecord } from './installed-record.ts'
import { formerAt, removing } from './placement.ts'
import type { Place } from './places.ts'

/** What came of a place. */
export interface Outcome {
  place: Place
  is: 'removed' | 'left' | 'gone'
}

/** Removes everything of `record` that is still as it was placed. The record itself stays. */
export async function removeFiles(record: InstalledRecord): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>()
  for (const place of record.places) {
    if (!outcomes.has(place.path)) outcomes.set(place.path, { place, is: await remove(place, record) })
  }
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
