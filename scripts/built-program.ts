/**
 * Programs of other languages for tests, each built once from its sources by `npm run setup:parts`, where its language is.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installOnce, isThere } from './installed-folder.ts'

/** A program, and where its sources are. */
export interface BuiltProgram {
  name: string
  sources: URL
  /** What has to be there to build it. */
  needs: string
  /** What is left out without it. */
  for: string
  /** The command that builds it into a folder, in the folder of its sources. */
  build: (folder: string) => readonly string[]
  /** The command that runs it from there. */
  run: (folder: string) => readonly string[]
}

/** A program in Go. */
export function goProgram(program: Pick<BuiltProgram, 'name' | 'sources' | 'for'>): BuiltProgram {
  const pathIn = (folder: string) => join(folder, program.name)
  return {
    ...program,
    needs: 'Go and its modules',
    build: (folder) => ['go', 'build', '-ldflags=-s -w', '-o', pathIn(folder), '.'],
    run: (folder) => [pathIn(folder)],
  }
}

/** The command that runs the program, or undefined if it was not built. */
export function findBuiltProgram(program: BuiltProgram): readonly string[] | undefined {
  const folder = folderOf(program)
  return isThere({ folder, content: contentOf(program) }) ? program.run(folder) : undefined
}

/** Builds it; says what is left out if it cannot. */
export function installBuiltProgram(program: BuiltProgram): void {
  const install = (folder: string) => {
    const [command = '', ...args] = program.build(folder)
    const cwd = fileURLToPath(program.sources)
    return spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  }
  if (!installOnce(program.name, { folder: folderOf(program), content: contentOf(program), install }))
    process.stdout.write(`missing: ${program.needs}, for ${program.for}\n`)
}

/** Copied with what npm installed, and gone with an "npm ci" by hand. */
function folderOf({ name }: BuiltProgram): string {
  return fileURLToPath(new URL(`../node_modules/.${name}`, import.meta.url))
}

function contentOf({ sources }: BuiltProgram): string {
  const folder = fileURLToPath(sources)
  const files = globSync('*', { cwd: folder }).toSorted()
  return files.map((file) => `${file}\n${readFileSync(join(folder, file), 'utf8')}`).join('\n')
}
