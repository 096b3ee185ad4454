/**
 * A program with the Go library by which Terraform finds its cloud, built once by `npm run setup:parts`.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installOnce, isThere } from '../../scripts/installed-folder.ts'

const SOURCES = fileURLToPath(new URL('go-cloud', import.meta.url))

/** Copied with what npm installed, and gone with an "npm ci" by hand. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.go-cloud', import.meta.url))

const NAME = 'go-cloud'

/** The path of the program, or undefined. */
export function findGoCloud(): string | undefined {
  return isThere({ folder: FOLDER, content: sources() }) ? join(FOLDER, NAME) : undefined
}

/** Builds it, where there is Go; says what is left out if it cannot. */
export function installGoCloud(): void {
  const install = (folder: string) => {
    const build = ['build', '-o', join(folder, NAME), '.']
    return spawnSync('go', build, { cwd: SOURCES, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  }
  if (!installOnce(NAME, { folder: FOLDER, content: sources(), install }))
    process.stdout.write('missing: Go and its modules, for the library by which Terraform finds its cloud\n')
}

function sources(): string {
  const files = globSync('*', { cwd: SOURCES }).toSorted()
  return files.map((file) => `${file}\n${readFileSync(join(SOURCES, file), 'utf8')}`).join('\n')
}
