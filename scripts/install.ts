/**
 * Installs what package-lock.json names. npm works in a stage, so that what was installed before stays whole until the
 * new is, and stays where the registry does not answer. Nothing that npm installs is needed for it.
 *
 * @module
 */

import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail, failInstallation, npmCi } from './foreground.mjs'
import { isInstalled, packageFilesOf, stampInstalled } from './installed.mjs'
import { withLock } from './lock.ts'
import { explainRefusal } from './refusal.ts'
import { inStage } from './stage.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NAME = 'install'
const MODULES = 'node_modules'

/** A folder that something is mounted on cannot be renamed, nor one to another disk. */
const IMMOVABLE = ['EBUSY', 'EXDEV']

/** Beside the packages' own files, all that npm reads. */
const NPM_FILES = ['package-lock.json', '.npmrc']

try {
  const isDone = await withLock(ROOT, NAME, () => isInstalled(ROOT) || inStage(ROOT, NAME, install))
  if (!isDone) failInstallation()
} catch (error) {
  const refusal = explainRefusal(error, ROOT, 'what is installed is not what package-lock.json names')
  if (!refusal) throw error
  fail(...refusal)
}

/** Links of Windows name whole paths, which a rename would leave behind. */
function install(stage: string): boolean {
  if (process.platform === 'win32') return installInPlace()
  for (const file of NPM_FILES) copyFileSync(join(ROOT, file), join(stage, file))
  for (const file of packageFilesOf(ROOT)) copyPackage(stage, file)
  if (!npmCi(process.execPath, stage)) return false
  stampInstalled(stage)
  return exchange(stage) || installInPlace()
}

/** Its package.json, and the programs that npm links to. */
function copyPackage(stage: string, file: string): void {
  const { bin = {} } = JSON.parse(readFileSync(join(ROOT, file), 'utf8'))
  const programs = Object.values<string>(bin).map((program) => join(dirname(file), program))
  for (const path of [file, ...programs]) {
    mkdirSync(dirname(join(stage, path)), { recursive: true })
    copyFileSync(join(ROOT, path), join(stage, path))
  }
}

/** Puts the new folder in the place of the old; whether that can be done here. */
function exchange(stage: string): boolean {
  const place = join(ROOT, MODULES)
  try {
    if (existsSync(place)) renameSync(place, join(stage, 'former'))
    renameSync(join(stage, MODULES), place)
    return true
  } catch (error) {
    if (IMMOVABLE.includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

/** npm's list goes first and comes last, so that half an installation is known as such. */
function installInPlace(): boolean {
  rmSync(join(ROOT, MODULES, '.package-lock.json'), { force: true })
  if (!npmCi(process.execPath, ROOT)) return false
  stampInstalled(ROOT)
  return true
}
