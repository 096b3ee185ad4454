/**
 * The packages of others that are inside the bundle, with their licences: what the notices and the bill of materials list.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { PackageError } from './package-error.ts'

/** A package that is in the bundle, whole or in part. */
export interface BundledPackage {
  /** Where npm installed it, from the root of the checkout. */
  folder: string
  name: string
  version: string
  /** As SPDX names it. */
  licence: string
  /** The hash of the package in the registry, as the lock file has it. */
  integrity: string
  /** What its authors ask to be passed on; some packages name their licence only. */
  texts: readonly string[]
}

/** The folder of a package in the path of one of its files, from `node_modules` on. */
const FOLDER = /(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(?![a-z])/i

/** Reads what the bundle of the checkout `root` was made of, in the order of names. */
export function bundledPackages(root: string, { inputs }: Metafile): BundledPackage[] {
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const folders = new Set(Object.keys(inputs).flatMap((path) => folderOf(path) ?? []))
  return [...folders].sort().map((folder) => readPackage(root, folder, locked[folder]))
}

function folderOf(path: string): string | undefined {
  const [match] = FOLDER.exec(path) ?? []
  return match?.slice(match.indexOf('node_modules/'))
}

function readPackage(root: string, folder: string, locked?: { integrity?: string }): BundledPackage {
  const file = join(root, folder, 'package.json')
  if (!locked?.integrity || !existsSync(file))
    throw new PackageError(
      `package-lock.json has no hash of "${folder}", which is in the bundle`,
      'run "npm install"',
    )
  const { name, version, license } = JSON.parse(readFileSync(file, 'utf8'))
  return {
    folder,
    name,
    version,
    licence: license,
    integrity: locked.integrity,
    texts: licenceTexts(join(root, folder)),
  }
}

function licenceTexts(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => LICENCE_FILE.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
}
