/**
 * The packages of Debian that an image needs: packaging/container/debian-packages.json pins each by its hash, and apt of
 * this machine brings them, for any processor and as any user.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installOnce } from '../installed-folder.ts'
import { PackageError } from './package-error.ts'
import { PROCESSORS, type Processor } from './release.ts'
import { runTool } from './tool.ts'

/** A package as it is pinned. */
export interface PinnedPackage {
  name: string
  version: string
  /** By Debian's names of processors. */
  sha256: Record<string, string>
}

const PINS = 'packaging/container/debian-packages.json'

/** Beside what npm installs, since it is kept as long. */
const FOLDER = 'node_modules/.debian-packages'

const APT = { install: 'make images on Debian 12, whose apt brings these packages' }

/** The files of the pinned packages for `processor`, from the mirror of this machine the first time. */
export function debianPackages(root: string, processor: Processor): string[] {
  const pins: PinnedPackage[] = JSON.parse(readFileSync(join(root, PINS), 'utf8'))
  const { debian } = PROCESSORS[processor]
  const folder = join(root, FOLDER, debian)
  const content = pins.map(({ name, version, sha256 }) => `${name} ${version} ${sha256[debian]}\n`).join('')
  installOnce(`debian-${debian}`, { folder, content, install: (into) => download(into, debian, pins) })
  return readdirSync(folder)
    .filter((name) => name.endsWith('.deb'))
    .sort()
    .map((name) => join(folder, name))
}

function download(folder: string, architecture: string, pins: readonly PinnedPackage[]): boolean {
  const state = join(folder, 'apt')
  const options = privateState(state, architecture)
  runTool('apt-get', [...options, 'update'], APT)
  const wanted = pins.map(({ name, version }) => `${name}=${version}`)
  runTool('apt-get', [...options, 'download', ...wanted], { ...APT, cwd: folder })
  rmSync(state, { recursive: true })
  for (const pin of pins) check(folder, pin, pin.sha256[architecture] ?? '')
  return true
}

/** Lists of its own, so that neither root nor this machine's own processor is needed. */
function privateState(folder: string, architecture: string): string[] {
  for (const name of ['lists/partial', 'archives/partial']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'status'), '')
  const settings = {
    'Dir::State': folder,
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
  }
  return ['-qq', ...Object.entries(settings).map(([name, value]) => `-o${name}=${value}`)]
}

function check(folder: string, { name, version }: PinnedPackage, wanted: string): void {
  const file = readdirSync(folder).find((one) => one.startsWith(`${name}_`))
  const found =
    file &&
    createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex')
  if (found === wanted) return
  throw new PackageError(
    `the package "${name}" ${version} that apt brought has the hash ${found}, and ${PINS} names ${wanted}`,
    'do not use it; look which mirror apt uses',
  )
}
