/**
 * The database of a control plane, as a command takes it that changes it: by the settings that name it. SQLite is held
 * meanwhile, and on PostgreSQL the replicas go on.
 *
 * @see docs/control-plane.md
 * @module
 */

import { existsSync } from 'node:fs'
import type { ControlPlaneOptions } from '@landfast/control-plane'
import { CliError } from '../cli-error.ts'
import { asOwnerOf } from '../files/as-owner.ts'
import { printNote } from '../terminal.ts'
import {
  explainControlPlane,
  type HeldFolder,
  holdControlPlaneFolder,
  openControlPlaneFolder,
} from './control-plane-folder.ts'
import { databaseOptions, serverOptions, stateFolderOf } from './control-plane-options.ts'
import { CONTROL_PLANE_SETTINGS } from './control-plane-settings.ts'
import { readSettings, type SettingFlags } from './settings-sources.ts'

/** Does `work` on the database that `flags` and the other sources of settings name. */
export function withDatabase<T>(
  flags: SettingFlags,
  work: (options: ControlPlaneOptions) => Promise<T>,
): Promise<T> {
  return withFolder(flags, takeFolder, work)
}

/** Does `work` while no control plane may use the state folder, whatever database the settings name. */
export function withIdleFolder<T>(
  flags: SettingFlags,
  work: (options: ControlPlaneOptions) => Promise<T>,
): Promise<T> {
  return withFolder(flags, ({ stateFolder }) => holdControlPlaneFolder(stateFolder), work)
}

async function withFolder<T>(
  flags: SettingFlags,
  take: (options: ControlPlaneOptions) => Promise<HeldFolder | undefined>,
  work: (options: ControlPlaneOptions, isHeld: boolean) => Promise<T>,
): Promise<T> {
  const settings = await readSettings(CONTROL_PLANE_SETTINGS, flags)
  const stateFolder = stateFolderOf(settings)
  const isNew = !existsSync(stateFolder)
  // The files with secrets too: what root alone may read, the control plane could not start with.
  const done = await asOwnerOf(stateFolder, async () => {
    const options = { ...(await databaseOptions(settings)), ...serverOptions(settings), stateFolder }
    return await onFolder(options, take, work)
  })
  if (isNew && process.geteuid?.() === 0) noteRootsFolder(stateFolder)
  return done
}

/** Which user is to have it, only the operator knows. */
function noteRootsFolder(folder: string): void {
  printNote(
    `"${folder}" was not there and belongs to root now; before a control plane of another user starts there, give it to that user: chown -R USER: FOLDER`,
  )
}

async function onFolder<T>(
  options: ControlPlaneOptions,
  take: (options: ControlPlaneOptions) => Promise<HeldFolder | undefined>,
  work: (options: ControlPlaneOptions, isHeld: boolean) => Promise<T>,
): Promise<T> {
  const folder = await take(options)
  try {
    return await work(options, folder !== undefined)
  } catch (error) {
    throw explainControlPlane(error, options)
  } finally {
    folder?.release()
  }
}

/**
 * Does `work` on the state folder and the database that `flags` and the other sources of settings name, be a control plane at
 * work there or not: where none is, the folder is held meanwhile.
 */
export function besideControlPlane<T>(
  flags: SettingFlags,
  work: (options: ControlPlaneOptions, isRunning: boolean) => Promise<T>,
): Promise<T> {
  return withFolder(flags, holdIfIdle, (options, isHeld) => work(options, !isHeld))
}

async function holdIfIdle({ stateFolder }: ControlPlaneOptions): Promise<HeldFolder | undefined> {
  try {
    return await holdControlPlaneFolder(stateFolder)
  } catch (error) {
    if (error instanceof CliError && error.code === 'state_folder_busy') return undefined
    throw error
  }
}

/** SQLite is one control plane's alone. PostgreSQL is for many, so the replica that holds the folder goes on. */
async function takeFolder({
  stateFolder,
  databaseUrl,
}: ControlPlaneOptions): Promise<HeldFolder | undefined> {
  if (databaseUrl === undefined) return await holdControlPlaneFolder(stateFolder)
  await openControlPlaneFolder(stateFolder)
  return undefined
}
