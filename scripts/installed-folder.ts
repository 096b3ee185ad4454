/**
 * Folders into which something is installed once: made in a stage and then renamed, so that half an installation is
 * nowhere.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { takeLock } from './lock.ts'
import { makeStage } from './stage.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** What was installed, in the folder itself. */
const NOTE = 'installed.txt'

/** A folder, and what is to be in it. */
export interface InstalledFolder {
  folder: string
  /** In words or as a list: with others, it is installed anew. */
  content: string
  /** Installs it into an empty folder; whether that worked. Paths within must not matter: it is moved. */
  install: (folder: string) => boolean
}

/** Whether `folder` was installed by {@link installOnce}. */
export function hasNote(folder: string): boolean {
  return existsSync(join(folder, NOTE))
}

/** Whether it is there. */
export function isThere({ folder, content }: Pick<InstalledFolder, 'folder' | 'content'>): boolean {
  const note = join(folder, NOTE)
  return existsSync(note) && readFileSync(note, 'utf8') === content
}

/**
 * Installs it, unless it is there; whether it is there then. Others that would install what has the same `name` wait.
 *
 * @throws {NodeJS.ErrnoException} if this user may not write in the checkout.
 */
export function installOnce(name: string, wanted: InstalledFolder): boolean {
  if (isThere(wanted)) return true
  using _lock = takeLock(ROOT, name)
  if (isThere(wanted)) return true
  using stage = makeStage(ROOT, name)
  return installIn(stage.folder, wanted)
}

function installIn(stage: string, { folder, content, install }: InstalledFolder): boolean {
  const made = join(stage, 'made')
  mkdirSync(made)
  if (!install(made)) return false
  writeFileSync(join(made, NOTE), content)
  if (existsSync(folder)) renameSync(folder, join(stage, 'former'))
  mkdirSync(dirname(folder), { recursive: true })
  renameSync(made, folder)
  return true
}
