/**
 * Whether node_modules holds what package-lock.json names: by content, since a copy has other times than the original.
 * Plain JavaScript that Node 18 understands.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** npm's own list of what it installed, in the form of package-lock.json. */
const INSTALLED = 'node_modules/.package-lock.json'

/** What the last installation of ours made of which lock file. */
const STAMP = 'node_modules/.landfast-installed'

/** The fields of a package.json that npm compares with the lock file. */
const DEPENDENCIES = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']

/** Whether every package is there that the lock file has for this machine, as it is named there, and no other. */
export function isInstalled(root) {
  if (!existsSync(join(root, INSTALLED))) return false
  if (readStamp(root) === stampOf(root)) return true
  const locked = packagesIn(root, 'package-lock.json')
  const installed = packagesIn(root, INSTALLED)
  return (
    Object.keys(installed).every((path) => locked[path]) &&
    Object.keys(locked).every((path) =>
      installed[path] ? isSame(path, locked[path], installed[path]) : mayBeAbsent(path, locked[path]),
    )
  )
}

/** Whether that one package is there, as the lock file names it. */
export function hasPackage(root, path) {
  if (!existsSync(join(root, INSTALLED)) || !existsSync(join(root, path))) return false
  const installed = packagesIn(root, INSTALLED)[path]
  return installed !== undefined && isSame(path, packagesIn(root, 'package-lock.json')[path], installed)
}

/**
 * Notes that npm has just installed what is there now. `isInstalled` would see that by itself; with the note, an npm that
 * writes its list in another way costs no installation at each start.
 */
export function stampInstalled(root) {
  writeFileSync(join(root, STAMP), stampOf(root))
}

/** The first package.json that asks for other packages than the lock file has for it; undefined if they agree. */
export function findUnlocked(root) {
  const locked = packagesIn(root, 'package-lock.json')
  return packageFilesOf(root).find((file) => {
    const entry = locked[file === 'package.json' ? '' : file.slice(0, -'/package.json'.length)]
    const asked = JSON.parse(readFileSync(join(root, file), 'utf8'))
    return !entry || DEPENDENCIES.some((field) => !isSameRecord(entry[field], asked[field]))
  })
}

/** The package.json of the workspace and of every package in it, as paths from `root`. */
export function packageFilesOf(root) {
  const { workspaces = [] } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const folders = workspaces.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern]
    const parent = pattern.slice(0, -'/*'.length)
    return existsSync(join(root, parent))
      ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`)
      : []
  })
  const files = folders.map((folder) => `${folder}/package.json`)
  return ['package.json', ...files.filter((file) => existsSync(join(root, file)))]
}

function packagesIn(root, file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages ?? {}
}

function readStamp(root) {
  const file = join(root, STAMP)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** Of both lists and the machine: a later npm changes its own, and a copy may come from another kind of machine. */
function stampOf(root) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\0`)
  for (const file of ['package-lock.json', INSTALLED])
    hash.update(readFileSync(join(root, file))).update('\0')
  return hash.digest('hex')
}

/** A package of the workspace is a link: only the programs that it brings are made when it is installed. */
function isSame(path, locked, installed) {
  if (isOurs(path)) return isSameRecord(locked.bin, installed.bin)
  return locked.version === installed.version && contentOf(locked) === contentOf(installed)
}

function contentOf({ link, integrity, resolved }) {
  return link ? resolved : (integrity ?? resolved)
}

/** The workspace itself is in the lock file only; npm leaves out what is optional and for other machines. */
function mayBeAbsent(path, { optional, os, cpu, libc }) {
  if (path === '') return true
  if (!optional) return false
  return !(os || cpu) || !(names(os, process.platform) && names(cpu, process.arch) && names(libc, libcOf()))
}

function isOurs(path) {
  return path !== '' && !/(^|\/)node_modules\//.test(path)
}

/** Whether a list as in package.json, in which "!" excludes, names `value`; no list names everything. */
function names(list, value) {
  if (!list) return true
  const values = [list].flat()
  if (values.includes(`!${value}`)) return false
  return values.includes(value) || values.every((one) => one.startsWith('!'))
}

/** Read once: the report takes milliseconds, and far longer where it lists the network as well. */
let libc

function libcOf() {
  if (process.platform !== 'linux') return undefined
  process.report.excludeNetwork = true
  libc ??= process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
  return libc
}

function isSameRecord(one = {}, other = {}) {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
