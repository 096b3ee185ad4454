/**
 * Programs in Go for tests, each built once by `npm run setup:parts` where there is Go.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installOnce, isThere } from './installed-folder.ts'

/** A program, and where its sources are. */
export interface GoProgram {
  name: string
  sources: URL
  /** What is left out without it. */
  for: string
}

/** The path of the program, or undefined. */
export function findGoProgram(program: GoProgram): string | undefined {
  const folder = folderOf(program)
  return isThere({ folder, content: contentOf(program) }) ? join(folder, program.name) : undefined
}

/** Builds it; says what is left out if it cannot. */
export function installGoProgram(program: GoProgram): void {
  const install = (folder: string) => {
    const build = ['build', '-ldflags=-s -w', '-o', join(folder, program.name), '.']
    const cwd = fileURLToPath(program.sources)
    return spawnSync('go', build, { cwd, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  }
  if (!installOnce(program.name, { folder: folderOf(program), content: contentOf(program), install }))
    process.stdout.write(`missing: Go and its modules, for ${program.for}\n`)
}

/** Copied with what npm installed, and gone with an "npm ci" by hand. */
function folderOf({ name }: GoProgram): string {
  return fileURLToPath(new URL(`../node_modules/.${name}`, import.meta.url))
}

function contentOf({ sources }: GoProgram): string {
  const folder = fileURLToPath(sources)
  const files = globSync('*', { cwd: folder }).toSorted()
  return files.map((file) => `${file}\n${readFileSync(join(folder, file), 'utf8')}`).join('\n')
}
