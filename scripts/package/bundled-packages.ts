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

const README = /^readme(\.md)?$/i

/** From such a heading on. */
const LICENCE_SECTION = /^#+ *licen[cs]e\b.*/ims

/** Reads what the bundle of the checkout `root` was made of, in the order of their folders. */
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

/** The files of the licence, or what the package's README says in their place. */
function licenceTexts(folder: string): string[] {
  const names = readdirSync(folder).sort()
  const files = names.filter((name) => LICENCE_FILE.test(name))
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  if (files.length > 0) return files.map((name) => read(name).trim())
  return names
    .filter((name) => README.test(name))
    .flatMap((name) => LICENCE_SECTION.exec(read(name))?.[0].trim() ?? [])
}
