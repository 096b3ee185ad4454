/**
 * The folders that the services keep things in, as tmpfiles.d has them for each boot.
 *
 * @module
 */

import { constants } from 'node:fs'
import { mkdir, open, rm, rmdir } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import { findAccount } from './accounts.ts'
import { shippedFile } from './shipped-files.ts'

/** A folder, who has it, and who may enter it. */
export interface KeptFolder {
  path: string
  mode: number
  owner: string
}

/** What a service may make beside them. */
const MORE = ['/var/log/landfast', '/run/landfast-control-plane', '/etc/landfast']

/** Those of tmpfiles.d(5), each before what is in it. */
export function keptFolders(): KeptFolder[] {
  const lines = shippedFile('tmpfiles.d/landfast.conf').split('\n')
  return lines
    .map((line) => line.split(/\s+/))
    .filter(([type]) => type === 'd')
    .map(([, path = '', mode = '', owner = '']) => ({ path, mode: Number.parseInt(mode, 8), owner }))
}

/** Makes those that are missing; what is there stays as it is. @throws {CliError} `config_unwritable`. */
export async function makeKeptFolders(): Promise<void> {
  for (const { path, mode, owner } of keptFolders()) {
    const { uid, gid } = (await findAccount(owner)) ?? { uid: 0, gid: 0 }
    try {
      await mkdir(path, { mode: 0o700 })
      await give(path, { uid, gid, mode })
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (code === 'EEXIST') continue
      throw new CliError('config_unwritable', { detail: path, hints: [message], cause })
    }
  }
}

/** The folder above may be its owner's as well, who could have put a link there meanwhile: root follows none. */
async function give(
  path: string,
  { uid, gid, mode }: { uid: number; gid: number; mode: number },
): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    await folder.chown(uid, gid)
    await folder.chmod(mode)
  } finally {
    await folder.close()
  }
}

/** Removes `folders` with all that is kept in them, which nobody has back. */
export async function removeKeptFolders(folders: readonly KeptFolder[]): Promise<void> {
  for (const { path, owner } of folders.toReversed()) {
    // What is root's is not for us alone.
    if (owner === 'root') await rmdir(path).catch(() => {})
    else await rm(path, { recursive: true, force: true })
  }
  for (const path of MORE) await rm(path, { recursive: true, force: true })
}
