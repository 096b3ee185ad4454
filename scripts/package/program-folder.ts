/**
 * The folder that every artifact has in some place: Node's program, the bundle, and a script that starts one with the other.
 *
 * @module
 */

import { copyFileSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Build } from './build.ts'
import { PROCESSORS, type Processor } from './release.ts'

/** Fills `folder` for `processor`. */
export function writeProgramFolder(build: Build, folder: string, processor: Processor): void {
  const { root, version } = build.release
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(root, 'packaging/program/landfast'), join(folder, 'landfast'))
  copyFileSync(build.nodes[processor]?.program ?? '', join(folder, 'node'))
  copyBundle(build.bundle, join(folder, 'dist'), processor)
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
