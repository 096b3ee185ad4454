/**
 * The program of a host without a package: a copy of the one that runs, Node included, in a folder that only root can
 * change.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import {
  copyFile,
  cp,
  lstat,
  mkdir,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeFolders } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import { isReadOnly } from '../discovery/host-files.ts'
import { shippedFile } from './shipped-files.ts'

/** Where the program may be, the usual place first. The second is for hosts that cannot write the first. */
const CANDIDATES = ['/opt/landfast', '/var/opt/landfast']

/** What is left free beside the copy, for the files that are written after it. */
const SPARE_BYTES = 8 << 20

/** Where the program goes. @throws {CliError} `config_unwritable`. */
export async function choosePlace(former: string | undefined): Promise<string> {
  const candidates = former === undefined ? CANDIDATES : [former, ...CANDIDATES]
  for (const folder of candidates) if (!(await isReadOnly(folder))) return folder
  const hints = [
    `neither ${CANDIDATES.join(' nor ')} can be written: make one of them a folder of a disk that can`,
  ]
  throw new CliError('config_unwritable', { detail: CANDIDATES[0] ?? '', hints })
}

/** The folder of the bundled program that runs. @throws {CliError} `unsupported` for one that is not bundled. */
export function ownProgram(url = import.meta.url): string {
  const folder = dirname(fileURLToPath(url))
  if (!url.endsWith('.ts')) return dirname(folder)
  const hints = ['build a package first: npm run package']
  throw new CliError('unsupported', { detail: 'what runs from its sources cannot be installed', hints })
}

/** Whether `path` leads into the program at `source`. */
export async function isOwnLink(path: string, source: string): Promise<boolean> {
  const target = await realpath(path).catch(() => '')
  return target.startsWith(`${await realpath(source)}/`)
}

/** Whether nothing is in `folder` but a program that was copied there. */
async function isProgram(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => undefined)
  return (
    names === undefined ||
    names.length === 0 ||
    ['landfast', 'node', 'dist'].every((name) => names.includes(name))
  )
}

/** @throws {CliError} `config_conflict` if something else is in `folder`; of `former` it is known that it is ours. */
export async function refuseForeign(folder: string, former: string | undefined): Promise<void> {
  if (folder === former || (await isProgram(folder))) return
  const hints = ['nothing was changed; move away what is there']
  throw new CliError('config_conflict', { detail: `"${folder}" holds something else`, hints })
}

/**
 * Copies the program at `source` to `folder`, in the place of a former one, whole or not at all, and tries it first.
 *
 * @throws {CliError} `config_unwritable`.
 */
export async function copyProgram(source: string, folder: string, node = process.execPath): Promise<void> {
  const draft = `${folder}.new`
  try {
    await rm(draft, { recursive: true, force: true })
    makeFolders(dirname(folder), 0o755)
    await refuseFullDisk(dirname(folder), await sizeOf(source, node))
    await fill(draft, source, node)
    await promisify(execFile)(join(draft, 'landfast'), ['version'])
    await exchange(draft, folder)
  } catch (cause) {
    await rm(draft, { recursive: true, force: true }).catch(() => {})
    if (cause instanceof CliError) throw cause
    throw new CliError('config_unwritable', { detail: folder, hints: [(cause as Error).message], cause })
  }
}

async function fill(draft: string, source: string, node: string): Promise<void> {
  await mkdir(draft, { mode: 0o755 })
  await copyFile(node, join(draft, 'node'))
  await cp(join(source, 'dist'), join(draft, 'dist'), { recursive: true, dereference: true })
  await copyFile(join(source, 'package.json'), join(draft, 'package.json'))
  await writeFile(join(draft, 'landfast'), shippedFile('program/landfast'))
  await promisify(execFile)('chmod', ['-R', 'u=rwX,go=rX', draft])
  await promisify(execFile)('chmod', ['755', join(draft, 'landfast'), join(draft, 'node')])
  await promisify(execFile)('chown', ['-R', '0:0', draft])
}

/** For a moment there is no program; who is interrupted then runs the installation again. */
async function exchange(draft: string, folder: string): Promise<void> {
  const former = `${folder}.old`
  await rm(former, { recursive: true, force: true })
  const isThere = await lstat(folder).then(
    () => true,
    () => false,
  )
  if (isThere) await rename(folder, former)
  await rename(draft, folder)
  await rm(former, { recursive: true, force: true })
}

/** Removes the program in `folder`, and what an interrupted copy left beside it. */
export async function removeProgram(folder: string): Promise<void> {
  for (const path of [folder, `${folder}.new`, `${folder}.old`])
    await rm(path, { recursive: true, force: true })
}

async function sizeOf(source: string, node: string): Promise<number> {
  const names = await readdir(join(source, 'dist'), { recursive: true })
  const files = [node, ...names.map((name) => join(source, 'dist', name))]
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function refuseFullDisk(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= needed + SPARE_BYTES) return
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`
  const hints = [
    `the disk of "${folder}" has ${megabytes(free)} free, and ${megabytes(needed + SPARE_BYTES)} are needed`,
  ]
  throw new CliError('config_unwritable', { detail: folder, hints })
}
