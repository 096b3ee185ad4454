/**
 * What a build depends on: the packages' sources, the programs that build, and what npm installed.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** The content of files, by their paths from the root of the checkout. */
export type Files = ReadonlyMap<string, Buffer>

/** Everything that a build reads, at one moment. */
export interface Sources {
  packages: Files
  /** Of `packages`, of the build itself and of the versions of its tools. */
  fingerprint: string
}

/** npm's list of what it installed, with hashes. */
const INSTALLED = 'node_modules/.package-lock.json'

/** Beside a package's sources, or those of all packages. */
const SETTINGS = /^(package|tsconfig(\.base)?)\.json$/

/** Tests are no part of what is built. */
const TEST = /\.test\.ts$/

/** Reads them. */
export function readSources(root: string): Sources {
  const ours = [...settingsIn(root, 'packages'), ...packageFolders(root).flatMap(filesOf)]
  const packages = read(root, [...ours, ...hostFiles(root)])
  const others = read(root, [...sourcesIn(root, 'scripts'), INSTALLED])
  return { packages, fingerprint: fingerprintOf(new Map([...packages, ...others]), process.version) }

  function filesOf(folder: string): string[] {
    return [...settingsIn(root, folder), ...sourcesIn(root, `${folder}/src`)]
  }
}

/** What is placed on a host, which the program brings with it. */
function hostFiles(root: string): string[] {
  return existsSync(join(root, 'packaging')) ? filesIn(root, 'packaging') : []
}

/** A hash of `files` and of something else that matters. */
export function fingerprintOf(files: Files, other = ''): string {
  const hash = createHash('sha256').update(`${other}\0`)
  for (const [path, content] of files) hash.update(`${path}\0${content.length}\0`).update(content)
  return hash.digest('hex')
}

/** Writes the packages to `stage`, where they find each other before those of the checkout. */
export function writePackages(stage: string, packages: Files): void {
  for (const [path, content] of packages) {
    mkdirSync(dirname(join(stage, path)), { recursive: true })
    writeFileSync(join(stage, path), content)
    if (path.endsWith('/package.json')) link(stage, dirname(path), JSON.parse(content.toString()).name)
  }
}

function link(stage: string, folder: string, name: string): void {
  const place = join(stage, 'node_modules', name)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(relative(dirname(place), join(stage, folder)), place, 'junction')
}

/** The folders of the packages, as paths from `root`. */
export function packageFolders(root: string): string[] {
  return readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `packages/${name}`)
    .filter((folder) => settingsIn(root, folder).includes(`${folder}/package.json`))
}

function settingsIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => SETTINGS.test(name))
    .map((name) => `${folder}/${name}`)
}

function sourcesIn(root: string, folder: string): string[] {
  return filesIn(root, folder).filter((path) => !TEST.test(path))
}

/** The files in `folder` and below, as paths from `root`. */
export function filesIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}

/** In an order that does not depend on the file system. */
function read(root: string, paths: readonly string[]): Map<string, Buffer> {
  return new Map([...paths].sort().map((path) => [path, readFileSync(join(root, path))]))
}
