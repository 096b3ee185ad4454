/**
 * The layers of an image: what Node needs of Debian, Landfast, and the folders that it writes to.
 *
 * @module
 */

import { copyFileSync, cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Build, stageFolder } from './build.ts'
import { debianPackages } from './debian-packages.ts'
import { normalize } from './normal-files.ts'
import { addEmulator, writeProgramFolder } from './program-folder.ts'
import type { Processor } from './release.ts'
import { runTool } from './tool.ts'

/** A folder that becomes a layer. */
export interface LayerFolder {
  folder: string
  /** The user and group to whom everything in it belongs. */
  owner: number
  /** What of it is in the layer; without it, everything. */
  names?: readonly string[]
  /** The only image that has it; without it, all have it. */
  image?: string
}

const PROGRAM = 'usr/lib/landfast'

/** Who runs in the image: the user that images without a shell commonly have. */
export const IMAGE_USER = 65_532

/** What Landfast writes to, by default; each may be a volume. */
const WRITABLE = [
  'var/lib/landfast',
  'var/lib/landfast-control-plane',
  'var/opt/azcmagent/tokens',
  'run/landfast',
]

/** Where engines mount what every container has. */
const MOUNT_POINTS = ['dev', 'proc', 'sys', 'tmp']

/** Of Debian's packages: the libraries themselves and their licences, without conversions, audits and changes. */
const SUPERFLUOUS = ['{usr/,}lib/*-linux-gnu/{gconv,audit}', 'usr/lib/*/gconv', 'usr/share/{gcc,gdb,lintian}']

/** Fills a folder for each layer, the lowest first. */
export function layerFolders(build: Build, processor: Processor): LayerFolder[] {
  const layers: LayerFolder[] = [
    { folder: systemLayer(build, processor), owner: 0 },
    { folder: programLayer(build, processor), owner: 0 },
    { folder: stateLayer(build, processor), owner: IMAGE_USER, names: WRITABLE },
    { folder: emulatorLayer(build, processor), owner: 0, image: 'landfast-emulator' },
  ]
  for (const { folder } of layers) normalize(folder, build.release.epochSeconds)
  return layers
}

function systemLayer(build: Build, processor: Processor): string {
  const folder = stageFolder(build, `image-${processor}/system`)
  const { root } = build.release
  const records = join(folder, 'var/lib/dpkg/status.d')
  mkdirSync(records, { recursive: true })
  for (const file of debianPackages(root, processor)) {
    runTool('dpkg-deb', ['--extract', file, folder], { install: 'install dpkg' })
    // What looks for weaknesses in images reads here what they are made of.
    const record = runTool('dpkg-deb', ['--field', file], { install: 'install dpkg' })
    writeFileSync(join(records, basename(file).split('_')[0] ?? ''), record)
  }
  prune(folder)
  for (const name of ['etc', ...MOUNT_POINTS]) mkdirSync(join(folder, name), { recursive: true })
  for (const name of ['passwd', 'group'])
    copyFileSync(join(root, 'packaging/container', name), join(folder, 'etc', name))
  return folder
}

function prune(folder: string): void {
  const documents = globSync('usr/share/doc/*/*', { cwd: folder }).filter(
    (path) => basename(path) !== 'copyright',
  )
  for (const path of [...documents, ...globSync(SUPERFLUOUS, { cwd: folder })])
    rmSync(join(folder, path), { recursive: true })
}

function programLayer(build: Build, processor: Processor): string {
  const folder = stageFolder(build, `image-${processor}/program`)
  const { root } = build.release
  const place = join(folder, PROGRAM)
  writeProgramFolder(build, place, { processor, hasEmulator: false })
  // Of a system with a shell.
  rmSync(join(place, 'landfast'))
  mkdirSync(join(folder, 'usr/bin'))
  cpSync(join(root, 'packaging/container/landfast'), join(folder, 'usr/bin/landfast'))
  const papers = join(folder, 'usr/share/doc/landfast')
  mkdirSync(papers, { recursive: true })
  copyFileSync(join(root, 'LICENSE'), join(papers, 'LICENSE'))
  writeFileSync(join(papers, 'THIRD-PARTY-NOTICES.txt'), build.notices)
  return folder
}

function emulatorLayer(build: Build, processor: Processor): string {
  const folder = stageFolder(build, `image-${processor}/emulator`)
  addEmulator(build, join(folder, PROGRAM, 'dist'))
  return folder
}

function stateLayer(build: Build, processor: Processor): string {
  const folder = stageFolder(build, `image-${processor}/state`)
  for (const path of WRITABLE) mkdirSync(join(folder, path), { recursive: true })
  return folder
}
