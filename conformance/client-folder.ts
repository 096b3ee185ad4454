/**
 * The folders of client programs, one a language, each with a `client.json` that says how it is built and run.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CaseName } from './cases.ts'
import type { ColumnName } from './columns.ts'
import type { WholeProgram } from './programs/whole-program.ts'
import { whyNoWine } from './windows/wine.ts'

/** An official client in one version. */
export interface ClientVersion {
  name: string
  version: string
  /** The styles that it knows; in others it is not tried. */
  styles: readonly ColumnName[]
  /** What brings it, as the installer of its language names it; default: its own name and version. */
  package?: string
  /** Cases in which it takes long, waiting or computing; they are tried only with `--all`. */
  long?: readonly CaseName[]
}

/** What clients run on: this host, or Windows as Wine has it. */
export const SYSTEMS = ['linux', 'windows'] as const

/** One of them. */
export type SystemName = (typeof SYSTEMS)[number]

/** What `client.json` holds. */
export interface ClientFolder {
  folder: string
  language: string
  /** Default: `linux`. */
  system?: SystemName
  /** The newest. */
  clients: readonly ClientVersion[]
  /** Those that are tried with `--all`; each is run by the same program. */
  older?: readonly ClientVersion[]
  build: readonly string[] | null
  run: readonly string[]
  /** Whether `run` is a program of this host that runs the client on Windows and judges what comes of it. */
  isDriver?: true
  /** What a program of others that asks itself is told; default: the program is one of the suite's. */
  whole?: WholeProgram
  /** What its tokens are for, whatever the case says. */
  resource?: string
  /** The only cases that it is tried with; default: every one. */
  cases?: readonly CaseName[]
  /** Programs that it cannot do without, and files, by a path or a pattern of paths. */
  needs: readonly string[]
  /** Systems and processors, as "linux-x64", for which its client is to be had; default: any. */
  machines?: readonly string[]
}

/** Every language's folder and every whole program's, by name. */
export function findClientFolders(root: string): ClientFolder[] {
  return globSync('{clients,programs}/*/client.json', { cwd: root })
    .map((file) => dirname(file))
    .sort()
    .map((folder) => readClientFolder(join(root, folder)))
}

/** The client in one folder. @throws {TypeError} if its `client.json` cannot be read. */
export function readClientFolder(folder: string): ClientFolder {
  const file = join(folder, 'client.json')
  try {
    const read = JSON.parse(readFileSync(file, 'utf8'))
    const missing = REQUIRED.find((name) => !(name in read))
    if (missing === undefined) return { ...read, folder }
    throw new TypeError(`it lacks "${missing}"`)
  } catch (cause) {
    throw new TypeError(`"${file}" is no client.json: ${(cause as Error).message}`, { cause })
  }
}

const REQUIRED = ['language', 'clients', 'build', 'run', 'needs']

/** What this machine has not: the right processor, Wine, or the first of `needs`; in a sentence. */
export function whatIsMissing({ folder, needs, machines, system }: ClientFolder): string | undefined {
  const machine = `${process.platform}-${process.arch}`
  if (machines && !machines.includes(machine))
    return `it is to be had for ${machines.join(', ')}, not for ${machine}`
  const noWine = system === 'windows' ? whyNoWine() : undefined
  if (noWine !== undefined) return noWine
  const missing = needs.find((need) => !isThere(need, folder))
  return missing && `there is no "${missing}" on this machine`
}

function isThere(need: string, folder: string): boolean {
  if (need.includes('/')) return globSync(need, { cwd: folder }).length > 0
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', need]).status === 0
}
