/**
 * Node's programs for the packages: of the version that the lock file pins, each checked against the hash in it.
 *
 * @see docs/decisions/0001-node-from-npm.md
 * @module
 */

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { installOnce } from '../installed-folder.ts'
import { PackageError } from './package-error.ts'
import type { Processor } from './release.ts'
import { runTool } from './tool.ts'

/** Node for one processor. */
export interface NodeProgram {
  version: string
  /** The npm package that it is from, and the hash of that package. */
  package: string
  integrity: string
  /** The program itself, and the text of its licence. */
  program: string
  licence: string
}

const FOLDER = 'node_modules/.node-programs'

/** What of the package is wanted. */
const FILES = ['package/bin/node', 'package/LICENSE'] as const

/**
 * Node for `processor`, from npm the first time.
 *
 * @throws {PackageError} if it cannot be had, or is not what the lock file names.
 */
export function nodeProgram(root: string, processor: Processor): NodeProgram {
  const name = `node-linux-${processor}`
  const { version, integrity } = lockedPackage(root, name)
  const folder = join(root, FOLDER, name)
  const content = `${name}@${version} ${integrity}`
  const install = (into: string) => unpackPackage({ name, version, integrity }, into, FILES)
  installOnce(`node-program-${processor}`, { folder, content, install })
  return {
    version,
    package: name,
    integrity,
    program: join(folder, 'node'),
    licence: join(folder, 'LICENSE'),
  }
}

/**
 * The version of `name` that the lock file pins, and its hash.
 *
 * @throws {PackageError} if the lock file does not name it.
 */
export function lockedPackage(root: string, name: string): { version: string; integrity: string } {
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages[
    `node_modules/${name}`
  ]
  if (locked?.integrity) return locked
  throw new PackageError(`package-lock.json has no hash of "${name}"`, 'run "npm install"')
}

/** A package of npm, and the hash by which it is known. */
export interface PinnedPackage {
  name: string
  version: string
  integrity: string
}

/**
 * Puts `files` of the package into `folder`, side by side.
 *
 * @throws {PackageError} if it cannot be had, or is another.
 */
export function unpackPackage(wanted: PinnedPackage, folder: string, files: readonly string[]): boolean {
  const download = join(folder, 'download')
  mkdirSync(download)
  runTool('npm', ['pack', `${wanted.name}@${wanted.version}`, '--silent'], {
    cwd: download,
    install: 'install npm, which comes with Node.js',
  })
  const file = join(download, readdirSync(download)[0] ?? '')
  checkIntegrity(file, wanted)
  runTool('tar', ['-xzf', file, '-C', folder, '--no-same-owner', '--transform=s,.*/,,', ...files], {
    install: 'install GNU tar',
  })
  rmSync(download, { recursive: true })
  return true
}

/** @throws {PackageError} if the file is another than the lock file names. */
export function checkIntegrity(file: string, wanted: Pick<PinnedPackage, 'name' | 'integrity'>): void {
  const [algorithm = ''] = wanted.integrity.split('-')
  const found = `${algorithm}-${createHash(algorithm).update(readFileSync(file)).digest('base64')}`
  if (found === wanted.integrity) return
  throw new PackageError(
    `the package "${wanted.name}" that npm brought has the hash ${found}, and package-lock.json names ${wanted.integrity}`,
    'do not use it; look which registry npm uses',
  )
}
