/**
 * What is built, of which sources, and how it gets into its place.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PRODUCTS, type ProductName } from './products.ts'
import { filesIn, packageFolders } from './sources.ts'

/** A product, and the fingerprint of the sources that it is built of. */
export interface Build {
  name: ProductName
  fingerprint: string
}

/** What is kept of the last build of a product. */
interface BuildRecord {
  fingerprint: string
  /** The hash of each file, by its path from the root of the checkout. */
  files: Record<string, string>
  /** The paths of former builds whose files stay, the last one first. */
  former: string[][]
}

const RECORDS = 'packages/dist/built'

/** Whether the product in place is that build, to the last byte. */
export function isBuilt(root: string, { name, fingerprint }: Build): boolean {
  const record = readRecord(root, name)
  if (record?.fingerprint !== fingerprint) return false
  return Object.entries(record.files).every(([path, hash]) => hashOf(join(root, path)) === hash)
}

/**
 * Moves the files of a build from `stage` to their places. Each is replaced in one step, and the record is written last:
 * what is killed before is not what any record says, and so is built anew.
 */
export function putInPlace(root: string, stage: string, { name, fingerprint }: Build): void {
  const { isEntry, kept } = PRODUCTS[name]
  const paths = filesOf(stage, name).sort((one, other) => Number(isEntry(one)) - Number(isEntry(other)))
  const files = Object.fromEntries(paths.map((path) => [path, hashOf(join(stage, path)) ?? '']))
  const last = readRecord(root, name)
  const former = last ? [Object.keys(last.files), ...last.former].slice(0, kept) : []
  for (const path of paths) if (hashOf(join(root, path)) !== files[path]) move(stage, root, path)
  const wanted = new Set([...paths, ...former.flat()])
  for (const path of filesOf(root, name)) if (!wanted.has(path)) rmSync(join(root, path), { force: true })
  writeRecord(root, stage, name, { fingerprint, files, former })
}

function filesOf(root: string, name: ProductName): string[] {
  return packageFolders(root)
    .filter((folder) => existsSync(join(root, folder, 'dist')))
    .flatMap((folder) => filesIn(root, `${folder}/dist`))
    .filter(PRODUCTS[name].owns)
}

function move(from: string, to: string, path: string): void {
  mkdirSync(dirname(join(to, path)), { recursive: true })
  renameSync(join(from, path), join(to, path))
}

function readRecord(root: string, name: ProductName): BuildRecord | undefined {
  const file = join(root, recordOf(name))
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** Renamed into place as well, by way of the stage. */
function writeRecord(root: string, stage: string, name: ProductName, record: BuildRecord): void {
  mkdirSync(join(stage, RECORDS), { recursive: true })
  writeFileSync(join(stage, recordOf(name)), JSON.stringify(record))
  move(stage, root, recordOf(name))
}

function recordOf(name: ProductName): string {
  return `${RECORDS}/${name}.json`
}

function hashOf(file: string): string | undefined {
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : undefined
}
