/**
 * What a package-lock.json names, installed. npm works in a stage, so that what was installed before stays whole until
 * the new is, and stays where the registry does not answer. Nothing that npm installs is needed for it.
 *
 * @module
 */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { npmCi } from './foreground.mjs'
import { isInstalled, packageFilesOf, stampInstalled } from './installed.mjs'
import { hasNote } from './installed-folder.ts'
import { takeLock } from './lock.ts'
import { makeStage } from './stage.ts'

const MODULES = 'node_modules'

/** Beside the packages without such a note: builds and downloads, each with a stamp of its own. */
const UNNOTED = ['.conformance', '.node-programs', '.debian-packages']

/** A folder that something is mounted on cannot be renamed, nor one to another disk. */
const IMMOVABLE = ['EBUSY', 'EXDEV']

/** Beside the packages' own files, all that npm reads. */
const NPM_FILES = ['package-lock.json', '.npmrc']

/**
 * Installs what the lock file of `folder` names, unless it is there; whether it is there then. Others that would install
 * it in the same checkout wait.
 *
 * @throws {NodeJS.ErrnoException} if this user may not write in the checkout `root`.
 */
export function installLocked(root: string, folder: string, name: string): boolean {
  using _lock = takeLock(root, name)
  if (isInstalled(folder)) return true
  using stage = makeStage(root, name)
  return install(stage.folder, folder)
}

/** Links of Windows name whole paths, which a rename would leave behind. */
function install(stage: string, folder: string): boolean {
  if (process.platform === 'win32') return installInPlace(folder)
  const files = [
    ...NPM_FILES,
    ...packageFilesOf(folder).flatMap((file) => [file, ...programsOf(folder, file)]),
  ]
  for (const file of files) copy(join(folder, file), join(stage, file))
  if (!npmCi(process.execPath, stage)) return false
  stampInstalled(stage)
  return exchange(stage, folder) || installInPlace(folder)
}

/** The programs of a package, to which npm links. */
function programsOf(folder: string, file: string): string[] {
  const { bin = {} } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  return Object.values<string>(bin).map((program) => join(dirname(file), program))
}

function copy(from: string, to: string): void {
  if (!existsSync(from)) return
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to)
}

/** Puts the new packages in the place of the old; whether that can be done here. */
function exchange(stage: string, folder: string): boolean {
  const [place, former] = [join(folder, MODULES), join(stage, 'former')]
  try {
    if (existsSync(place)) renameSync(place, former)
    renameSync(join(stage, MODULES), place)
    for (const name of besidePackages(former)) renameSync(join(former, name), join(place, name))
    return true
  } catch (error) {
    if (IMMOVABLE.includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

/** What others put there, most with a note of what it was made from: the lock file is nothing to it. */
function besidePackages(modules: string): string[] {
  if (!existsSync(modules)) return []
  return readdirSync(modules).filter((name) => UNNOTED.includes(name) || hasNote(join(modules, name)))
}

/** npm's list goes first and comes last, so that half an installation is known as such. */
function installInPlace(folder: string): boolean {
  rmSync(join(folder, MODULES, '.package-lock.json'), { force: true })
  if (!npmCi(process.execPath, folder)) return false
  stampInstalled(folder)
  return true
}
