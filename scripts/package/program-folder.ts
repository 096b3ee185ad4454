/**
 * The folder that every artifact has in some place: Node's program, the bundle, and a script that starts one with the other.
 *
 * @module
 */

import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Build } from './build.ts'
import { PROCESSORS, type Processor } from './release.ts'

/** Which program: what servers run has no emulator. */
export interface ProgramKind {
  processor: Processor
  hasEmulator: boolean
}

/** Fills `folder`. */
export function writeProgramFolder(
  build: Build,
  folder: string,
  { processor, hasEmulator }: ProgramKind,
): void {
  const { root, version } = build.release
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(root, 'packaging/program/landfast'), join(folder, 'landfast'))
  copyFileSync(build.nodes[processor]?.program ?? '', join(folder, 'node'))
  copyBundle(build.bundle, join(folder, 'dist'), processor)
  if (!hasEmulator) for (const name of build.emulatorFiles) rmSync(join(folder, 'dist', name))
  // The bundle reads its version beside itself.
  const description = { name: 'landfast', version, type: 'module' }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(description, undefined, 2)}\n`)
}

/** What asks the kernel is there for the one processor only; what others ask to be passed on is in the notices. */
function copyBundle(from: string, to: string, processor: Processor): void {
  mkdirSync(to)
  const others = Object.keys(PROCESSORS).filter((name) => name !== processor)
  for (const name of readdirSync(from).sort()) {
    if (others.some((other) => name.endsWith(`-${other}.node`))) continue
    cpSync(join(from, name), join(to, name), { recursive: true })
  }
}

/** Puts the emulator into the bundle's folder `dist`, which has none. */
export function addEmulator(build: Build, dist: string): void {
  mkdirSync(dist, { recursive: true })
  for (const name of build.emulatorFiles) copyFileSync(join(build.bundle, name), join(dist, name))
}
