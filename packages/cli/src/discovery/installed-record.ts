/**
 * The record of the files that were placed on this host, word for word, so that exactly those are removed again. It is
 * written before the first file and removed after the last, so that an interruption between the two can be repeated or
 * undone.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { writeStateFile } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import type { Place } from './places.ts'

/** Where it is kept: the state folder is the agent's, and this is root's. */
export const RECORD_FILE = '/etc/landfast/installed.json'

/** What is written down beside the files. */
export interface RecordFacts {
  /** What put Landfast on this host; without it, only what SDKs look for was placed. */
  by?: 'install' | 'package'
  /** The version that did. */
  version?: string
  /** The folder with a copy of the program. */
  program?: string
}

/** What was placed, and what had to be made for that. */
export interface InstalledRecord extends RecordFacts {
  places: readonly Place[]
  /** Files that were not there before, though others may write into them. */
  made: readonly string[]
  /** Folders that were not there before, each before what is in it. */
  folders: readonly string[]
}

/**
 * What was placed before, if anything was.
 *
 * @throws {CliError} `config_unreadable` or `config_invalid`.
 */
export async function readRecord(): Promise<InstalledRecord | undefined> {
  const text = await readFile(RECORD_FILE, 'utf8').catch((cause) => {
    if (cause.code === 'ENOENT') return undefined
    throw new CliError('config_unreadable', { detail: RECORD_FILE, hints: [cause.message], cause })
  })
  return text === undefined ? undefined : parseRecord(text)
}

/** Replaces the record; its folder is there. @throws {CliError} `config_unwritable`. */
export async function writeRecord(record: InstalledRecord): Promise<void> {
  try {
    await writeStateFile(RECORD_FILE, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o644 })
  } catch (cause) {
    throw new CliError('config_unwritable', { detail: RECORD_FILE, hints: [(cause as Error).message], cause })
  }
}

function parseRecord(text: string): InstalledRecord {
  try {
    const record = JSON.parse(text)
    if (!isRecord(record)) throw new Error('it is no record of what was placed')
    return record
  } catch (cause) {
    const detail = `the record of what was placed, "${RECORD_FILE}", cannot be understood`
    const hints = ['restore it, or remove it and run "landfast install --marker-only" anew']
    throw new CliError('config_invalid', { detail, hints, cause })
  }
}

function isRecord(record: Partial<InstalledRecord> | null): record is InstalledRecord {
  return (
    Array.isArray(record?.places) &&
    record.places.every(isPlace) &&
    areStrings(record.made) &&
    areStrings(record.folders) &&
    [record.by, record.version, record.program].every(
      (text) => text === undefined || typeof text === 'string',
    )
  )
}

function isPlace(place: Partial<Place> | null): boolean {
  const isKnown = place?.kind === 'file' || place?.kind === 'lines'
  return isKnown && areStrings([place.path, place.content]) && place.content !== ''
}

function areStrings(values: unknown): boolean {
  return Array.isArray(values) && values.every((value) => typeof value === 'string')
}
