/**
 * The host's files, as placing and removing see and change them: each is replaced whole, and keeps its owner and mode
 * if it is not ours.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import {
  access,
  chmod,
  chown,
  constants,
  lstat,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Found } from './placement.ts'
import type { Place } from './places.ts'

/** What there is at `path`. A link is followed only where lines are put into what others made. */
export async function findAt({ path, kind }: Place): Promise<Found> {
  try {
    const stats = await (kind === 'lines' ? stat(path) : lstat(path))
    return stats.isFile() ? { is: 'text', text: await readFile(path, 'utf8') } : { is: 'other' }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return { is: 'nothing' }
    throw new CliError('config_unreadable', { detail: path, hints: [message], cause })
  }
}

/** Makes the file of `place` hold `text`. */
export async function replaceFile({ path, kind, mode }: Place, text: string): Promise<void> {
  await orUnwritable(path, async () => {
    const target = kind === 'lines' ? await realpath(path).catch(() => path) : path
    const former = kind === 'lines' ? await stat(target).catch(() => undefined) : undefined
    const draft = `${target}.${randomUUID()}`
    try {
      await writeFile(draft, text, { flag: 'wx', mode: 0o600 })
      if (former) await chown(draft, former.uid, former.gid)
      // In spite of the umask.
      await chmod(draft, former ? former.mode & 0o7777 : mode)
      await rename(draft, target)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  })
}

/** Removes the file at `path`. */
export async function removeFile(path: string): Promise<void> {
  await orUnwritable(path, () => rm(path))
}

/** The folders above `path` that are not there, each before what is in it. */
export async function missingFolders(path: string): Promise<string[]> {
  const folder = dirname(path)
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  )
  return isThere ? [] : [...(await missingFolders(folder)), folder]
}

/** Makes `folder`, which every user may enter. */
export async function makeFolder(folder: string): Promise<void> {
  await orUnwritable(folder, async () => {
    await mkdir(folder)
    await chmod(folder, 0o755)
  })
}

/** Whether `path` lies on a disk that cannot be written; who may not write is told when writing. */
export async function isReadOnly(path: string): Promise<boolean> {
  const there = await access(path).then(
    () => true,
    () => false,
  )
  if (!there) return path !== dirname(path) && (await isReadOnly(dirname(path)))
  return await access(path, constants.W_OK).then(
    () => false,
    (error) => error.code === 'EROFS',
  )
}

/** Removes `folder` if nothing is in it. */
export async function removeEmptyFolder(folder: string): Promise<void> {
  await rmdir(folder).catch(() => {})
}

async function orUnwritable(path: string, change: () => Promise<void>): Promise<void> {
  try {
    await change()
  } catch (cause) {
    throw new CliError('config_unwritable', { detail: path, hints: [(cause as Error).message], cause })
  }
}
