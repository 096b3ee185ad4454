/**
 * Files that everybody may read in a folder that a web server serves: each is replaced whole, by the owner of the folder,
 * so that a reader never sees a part, and root follows nothing that another user laid there.
 *
 * @module
 */

import { chmod, lstat, readFile, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { explainCode, makeFolders, whyOthersWrite, writeStateFile } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import { asOwnerOf } from './as-owner.ts'

const ROOT = 0
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
  try {
    const own = process.geteuid?.() === ROOT ? await ownedPart(whole) : whole
    if (process.geteuid?.() === ROOT) await refuseOpen(whole, own, files)
    await asOwnerOf(own, () => replaceAll(whole, files, check))
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    const hints = [explainCode((cause as NodeJS.ErrnoException).code)]
    throw new CliError('discovery_folder', { detail: whole, hints, cause })
  }
}

async function replaceAll(
  folder: string,
  files: readonly PublicFile[],
  check: (name: string, content: string) => void,
): Promise<void> {
  for (const { name } of files) {
    const kept = await readKept(join(folder, name))
    if (kept !== undefined) check(name, kept)
  }
  await makePublic(folder)
  for (const { name, content } of files) await writePublic(join(folder, name), content)
}

/**
 * The first folder on the way to `path` that is not root's: whose it is decides what lies below, so all is done as that user. The
 * last that is there if all are root's.
 *
 * @throws {CliError} `discovery_folder` if a link of another user leads on.
 */
async function ownedPart(path: string): Promise<string> {
  const { foreign, last } = await walk(path)
  // A link of root's may lead into what is another user's.
  if (!foreign) return (await walk(await realpath(last))).foreign?.path ?? last
  if (!foreign.isLink) return foreign.path
  const hints = [`"${foreign.path}" is a link of another user; name the folder that it leads to`]
  throw new CliError('discovery_folder', { detail: path, hints })
}

/**
 * Where root acts as itself, since all is root's, no other user may have laid a link, or be able to.
 *
 * @throws {CliError} `discovery_folder`, with who could.
 */
async function refuseOpen(folder: string, own: string, files: readonly PublicFile[]): Promise<void> {
  if ((await lstat(own)).uid !== ROOT) return
  const open = whyOthersWrite(own)
  if (open !== undefined) throw foreignHand(folder, `${open}: let root or one user alone write there`)
  for (const { name } of files) {
    const { foreign } = await walk(dirname(join(folder, name)))
    if (foreign) throw foreignHand(folder, `"${foreign.path}" is of another user; remove it`)
  }
}

function foreignHand(folder: string, hint: string): CliError {
  return new CliError('discovery_folder', { detail: folder, hints: [hint] })
}

/** What is there of `path`, and the first on the way that is another user's. */
async function walk(path: string): Promise<{ last: string; foreign?: { path: string; isLink: boolean } }> {
  const above = dirname(path)
  const found = above === path ? { last: path } : await walk(above)
  const status = found.last === above || above === path ? await lstat(path).catch(() => undefined) : undefined
  if (!status) return found
  if (found.foreign || status.uid === ROOT) return { ...found, last: path }
  return { last: path, foreign: { path, isLink: status.isSymbolicLink() } }
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
