/**
 * The folder that every artifact has in some place: Node's program, the bundle, and a script that starts one with the other.
 *
 * @module
 */

import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROCESSORS, type Processor } from './release.ts'

/** What it is made of. */
export interface ProgramParts {
  /** The folder with the bundle. */
  bundle: string
  version: string
  processor: Processor
  /** The path of Node's program. */
  node: string
}

/** Fills `folder`. */
export function writeProgramFolder(root: string, folder: string, parts: ProgramParts): void {
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(root, 'packaging/program/landfast'), join(folder, 'landfast'))
  copyFileSync(parts.node, join(folder, 'node'))
  writeProgram(folder, parts)
}

/** The bundle, and what it reads beside itself: its version. */
function writeProgram(folder: string, { bundle, version, processor }: ProgramParts): void {
  copyBundle(bundle, join(folder, 'dist'), processor)
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify({ name: 'landfast', version, type: 'module' }, undefined, 2)}\n`,
  )
}

/** What asks the kernel is there for the one processor only; what others ask to be passed on is in the notices. */
function copyBundle(from: string, to: string, processor: Processor): void {
  mkdirSync(to)
  const others = Object.keys(PROCESSORS).filter((name) => name !== processor)
  for (const name of readdirSync(from).sort()) {
    if (others.some((other) => name.endsWith(`-${other}.node`))) continue
    copyFileSync(join(from, name), join(to, name))
  }
}
