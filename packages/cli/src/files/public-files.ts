/**
 * Files that everybody may read in a folder that a web server serves: each is replaced whole, by the owner of the folder,
 * so that a reader never sees a part, and root follows nothing that another user laid there.
 *
 * @module
 */

import { chmod, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { explainCode, makeFolders, writeStateFile } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import { asOwnerOf } from './as-owner.ts'

const FOLDER_MODE = 0o755
const FILE_MODE = 0o644

/** A file by its path in the folder. */
export interface PublicFile {
  name: string
  content: string
}

/**
 * Writes `files` into `folder` in their order, and makes the folder if it is missing. `check` sees each file that is there
 * already before anything is written.
 *
 * @throws {CliError} `discovery_folder` with the system's reason.
 */
export async function writePublicFiles(
  folder: string,
  files: readonly PublicFile[],
  check: (name: string, content: string) => void,
): Promise<void> {
  const whole = resolve(folder)
  await asOwnerOf(await nearestFolder(whole), async () => {
    try {
      for (const { name } of files) {
        const kept = await readKept(join(whole, name))
        if (kept !== undefined) check(name, kept)
      }
      await makePublic(whole)
      for (const { name, content } of files) await writePublic(join(whole, name), content)
    } catch (cause) {
      if (cause instanceof CliError) throw cause
      throw new CliError('discovery_folder', {
        detail: whole,
        hints: [explainCode((cause as NodeJS.ErrnoException).code)],
        cause,
      })
    }
  })
}

/** What is there of `path`. */
async function nearestFolder(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  )
  return isThere || dirname(path) === path ? path : await nearestFolder(dirname(path))
}

async function readKept(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function writePublic(file: string, content: string): Promise<void> {
  await makePublic(dirname(file))
  await writeStateFile(file, content, { mode: FILE_MODE })
}

/** In spite of the umask, which of a cron job may be anything. */
async function makePublic(folder: string): Promise<void> {
  if (makeFolders(folder, FOLDER_MODE)) await chmod(folder, FOLDER_MODE)
}
