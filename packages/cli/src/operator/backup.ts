/**
 * `landfast control-plane backup` and `restore`: the state of a control plane on SQLite as one file, and back.
 *
 * @see docs/operations.md#backup
 * @module
 */

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Backup } from '@landfast/control-plane'
import { whyOthersWrite } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import { copy, isForRoot, takeOver } from '../files/taken-over.ts'
import { besideControlPlane, withDatabase } from '../settings/control-plane-database.ts'
import type { ControlPlaneFlags } from '../settings/settings-flags.ts'
import type { SettingFlags } from '../settings/settings-sources.ts'
import { printNote, printResult } from '../terminal.ts'

/** Prints the path of the backup. */
export async function backup(file: string, { json, ...flags }: ControlPlaneFlags): Promise<number> {
  const made = await make(resolve(file), flags)
  printResult(json ? JSON.stringify(made) : made.file)
  printNote(
    made.hasEncryptionKey
      ? 'the encryption key is in it: any reader of this file can issue tokens'
      : 'the encryption key is not in it; keep a copy of that as well, at another place',
  )
  return 0
}

/** In root's folder the user of the control plane writes nothing: it makes the backup in its own, and root takes it from there. */
async function make(file: string, flags: SettingFlags): Promise<Backup> {
  const { backUpControlPlane, StorageError } = await import('@landfast/control-plane')
  const isTaken = await isForRoot(file)
  if (isTaken) refuseOpenFolder(file)
  if (isTaken && existsSync(file)) throw new StorageError('backup_exists', { detail: file })
  const { made, folder } = await besideControlPlane(flags, async (options, isRunning) => {
    const folder = options.stateFolder
    const isOwner = isTaken && process.geteuid?.() !== 0
    const place = isOwner ? join(folder, `backup-${randomUUID()}.partial`) : file
    refuseOpenFolder(place)
    return { made: await backUpControlPlane(options, { file: place, isRunning }), folder }
  })
  if (made.file === file) return made
  await takeOver(made.file, folder, file)
  return { ...made, file }
}

/** What only root may read is copied for the user of the control plane, who looks at it and has it from then on. */
async function takeBack(file: string, flags: SettingFlags): Promise<{ machines: number }> {
  const { restoreControlPlane } = await import('@landfast/control-plane')
  // The command says in its own words what cannot be read.
  await using source = process.geteuid?.() === 0 ? await open(file).catch(() => undefined) : undefined
  return await withDatabase(flags, async (options) => {
    if (!source || process.geteuid?.() === 0) return await restoreControlPlane(options, file)
    const draft = join(options.stateFolder, `backup-${randomUUID()}.partial`)
    try {
      await copy(source, draft)
      return await restoreControlPlane(options, draft)
    } finally {
      await rm(draft, { force: true })
    }
  })
}

/** Who may exchange files in the folder could have the copy written to a file that they read. */
function refuseOpenFolder(file: string): void {
  const folder = dirname(file)
  // One that is not there is the backup's own fault to tell.
  const reason = existsSync(folder) ? whyOthersWrite(folder) : undefined
  if (reason === undefined) return
  const hints = [`${reason}; any reader of a backup can issue tokens, so name a file in a safe folder`]
  throw new CliError('config_unwritable', { detail: file, hints })
}

/** Prints how many machines the restored control plane knows. */
export async function restore(file: string, { json, ...flags }: ControlPlaneFlags): Promise<number> {
  const restored = await takeBack(resolve(file), flags)
  printResult(json ? JSON.stringify(restored) : `${restored.machines} machines`)
  printNote('the next heartbeat of each is taken whatever nonce it brings; start the control plane now')
  printNote(
    'if a signing key was withdrawn after this backup: run "landfast signing-keys rotate --urgency compromised" once more',
  )
  return 0
}
