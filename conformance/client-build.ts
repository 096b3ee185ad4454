/**
 * Client programs that have to be compiled: built once for their sources, beside what npm installed, so that whoever gets
 * a copy of that need not build them again.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What `client.json` holds, as far as building and running goes. */
export interface CompiledClient {
  clients: readonly { name: string; version: string }[]
  build: readonly string[]
  run: readonly string[]
  needs: readonly string[]
}

/** Where the builds are: gone with every "npm ci", and copied with what npm installed. */
const BUILDS = fileURLToPath(new URL('../node_modules/.conformance', import.meta.url))

const SOURCES = '**/*.{go,mod,sum,java,xml,rs,toml,lock,json}'

/** The folder of the client program `language`. */
export function folderOf(language: string): string {
  return fileURLToPath(new URL(`clients/${language}`, import.meta.url))
}

/** What the folder of `language` says of its program. */
export function readClient(language: string): CompiledClient {
  return JSON.parse(readFileSync(join(folderOf(language), 'client.json'), 'utf8'))
}

/**
 * Sees to it that the program of `language` is built.
 *
 * @returns why it cannot be, if the tools are missing.
 * @throws {Error} with what the tools said, if they failed.
 */
export function ensureBuilt(language: string): string | undefined {
  const { build, needs } = readClient(language)
  const stamp = join(BUILDS, `${language}.built`)
  const wanted = fingerprint(language)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return undefined
  const missing = needs.find(
    (program) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status !== 0,
  )
  if (missing) return `"${missing}" is not installed`
  const [program = '', ...rest] = build
  const { status, stdout, stderr } = spawnSync(program, rest, { cwd: folderOf(language), encoding: 'utf8' })
  if (status !== 0) throw new Error(`the client program in ${language} cannot be built: ${stdout}${stderr}`)
  mkdirSync(BUILDS, { recursive: true })
  writeFileSync(stamp, wanted)
  return undefined
}

/** Of everything that a build depends on; the beta is built from the sources of its elder. */
function fingerprint(language: string): string {
  const hash = createHash('sha256')
  for (const folder of [folderOf(language), folderOf(language.replace(/-beta$/, ''))]) {
    for (const file of globSync(SOURCES, { cwd: folder, exclude: ['**/target/**'] }).sort()) {
      hash.update(`${file}\0`).update(readFileSync(join(folder, file)))
    }
  }
  return hash.digest('hex')
}
