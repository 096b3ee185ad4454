/**
 * Client programs that have to be built: once for each state of their sources, into node_modules, so that a copy of
 * node_modules brings them along.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { takeLock } from '../scripts/lock.ts'
import type { ClientFolder } from './client-folder.ts'
import { orRefusal } from './refused.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Where the builds are: copied with what npm installed, and gone with an "npm ci" by hand. */
const BUILDS = fileURLToPath(new URL('../node_modules/.conformance', import.meta.url))

/** How folders of other versions are called. */
const OTHER_VERSION = /-(beta|older|windows)$/

const SOURCES = '**/*.{go,mod,sum,java,xml,rs,toml,lock,json,cs,sh,ts,txt}'

/** Whether the program needs no building, or was built from the sources of now. */
export function isBuilt(client: ClientFolder): boolean {
  if (!client.build) return true
  const stamp = stampOf(client)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(client)
}

/** Builds the program if it is not; what went wrong, in its tool's own words, if it did not work. */
export function buildClient(client: ClientFolder): string | undefined {
  if (isBuilt(client)) return undefined
  return orRefusal('it has to be built', () => {
    using _lock = takeLock(ROOT, 'conformance')
    return isBuilt(client) ? undefined : build(client)
  })
}

/** The stamp goes first and comes last: a build that is killed half-way was not made of any sources. */
function build(client: ClientFolder): string | undefined {
  const [program = '', ...rest] = client.build ?? []
  const sources = fingerprint(client)
  rmSync(stampOf(client), { force: true })
  const { status, stdout, stderr, error } = spawnSync(program, rest, { cwd: client.folder, encoding: 'utf8' })
  if (status !== 0) {
    const said = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n').slice(-5).join(' ')
    return `it could not be built: ${error?.message ?? said}`
  }
  mkdirSync(BUILDS, { recursive: true })
  writeFileSync(stampOf(client), sources)
  return undefined
}

function stampOf({ folder }: ClientFolder): string {
  return join(BUILDS, `${basename(folder)}.built`)
}

/** Of everything that a build depends on; another version is built from the sources of the newest. */
function fingerprint({ folder }: ClientFolder): string {
  const hash = createHash('sha256')
  for (const sources of [folder, folder.replace(OTHER_VERSION, '')]) {
    for (const file of globSync(SOURCES, { cwd: sources, exclude: ['**/target/**'] }).sort()) {
      hash.update(`${file}\0`).update(readFileSync(join(sources, file)))
    }
  }
  return hash.digest('hex')
}
