/**
 * The programs of others that race: fetched and built once into node_modules, each in a version that is pinned by checksums
 * (those of Go by the go.sum beside each go.mod, Keycloak by its repository's, nginx by Debian's).
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installOnce, isThere } from '../../scripts/installed-folder.ts'
import { installKeycloakIn, KEYCLOAK_VERSION, keycloakIn } from '../../test/keycloak/installed-keycloak.ts'

/** A program of the race. */
export interface RaceProgram {
  version: string
  /** Where it is, once it is installed. */
  path: string
  /** Its folder, once it is installed, with nothing in it that it does not need. */
  folder: string
  /** What changes if it has to be installed anew. */
  content: string
  needs: string
  install: (folder: string) => boolean
}

/** Every program by its name. */
export const RACE_PROGRAMS = {
  hydra: goProgram('hydra', 'github.com/ory/hydra/v2'),
  'spire-server': goProgram('spire', 'github.com/spiffe/spire', 'cmd/spire-server'),
  'spire-agent': goProgram('spire', 'github.com/spiffe/spire', 'cmd/spire-agent'),
  rolesanywhere: goProgram('rolesanywhere', 'github.com/aws/rolesanywhere-credential-helper'),
  'go-http': goProgram('http'),
  keycloak: keycloak(),
  nginx: nginx(),
} satisfies Record<string, RaceProgram>

/** The name of a program. */
export type RaceProgramName = keyof typeof RACE_PROGRAMS

/** Installs those that are not there; `say` is told which, how long it took, and what failed. */
export function installRacePrograms(names: readonly RaceProgramName[], say: (line: string) => void): void {
  for (const name of names) {
    const program: RaceProgram = RACE_PROGRAMS[name]
    if (isThere(program)) continue
    say(`installing ${name} ${program.version} …`)
    const since = performance.now()
    const isInstalled = installOnce(`race-${name}`, program)
    const seconds = Math.round((performance.now() - since) / 1000)
    say(
      isInstalled
        ? `installed ${name} in ${seconds} s`
        : `${name} is left out: it needs ${program.needs}; its own words are above`,
    )
  }
}

/** Where a program is. @throws {Error} if it is not installed. */
export function pathOf(name: RaceProgramName): string {
  const program: RaceProgram = RACE_PROGRAMS[name]
  if (!isThere(program)) throw new Error(`it is not installed, which takes ${program.needs}`)
  return program.path
}

/** MB that a program takes on the disk. */
export function sizeOf(name: RaceProgramName): number {
  return megabytesOf(RACE_PROGRAMS[name].folder)
}

/** MB of Landfast's command, with the Node that it runs under. */
export function landfastSize(): number {
  const command = fileURLToPath(new URL('../../packages/cli/dist', import.meta.url))
  return megabytesOf(command) + megabytesOf(process.execPath)
}

/** MB of a file, or of all that are in a folder. */
export function megabytesOf(path: string): number {
  const files = statSync(path).isDirectory() ? filesIn(path) : [path]
  return files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** A program that the go.mod in `programs/NAME` names; without a module, the one whose source is there. */
function goProgram(name: string, module = '', command = ''): RaceProgram {
  const sources = fileURLToPath(new URL(`programs/${name}`, import.meta.url))
  const files = globSync('*', { cwd: sources }).toSorted()
  const content = files.map((file) => `${file}\n${readFileSync(join(sources, file), 'utf8')}`).join('\n')
  const [, version = ''] = new RegExp(`\\s${module} v(\\S+)`).exec(content) ?? []
  const program = command.split('/').at(-1) || name
  const folder = folderOf(program)
  const flags = ['-mod=readonly', '-buildvcs=false', '-ldflags=-s -w']
  return {
    version: module ? version : 'net/http',
    folder,
    path: join(folder, program),
    content,
    needs: 'Go 1.26.8 and the Go module proxy',
    install: (target) => {
      const wanted = [module, command].filter(Boolean).join('/') || '.'
      return succeeds('nice', ['go', 'build', ...flags, '-o', join(target, program), wanted], sources)
    },
  }
}

/** Built for PostgreSQL, so that each start is short. */
function keycloak(): RaceProgram {
  const folder = folderOf('keycloak')
  const build = ['build', '--db=postgres']
  return {
    version: KEYCLOAK_VERSION,
    folder,
    path: keycloakIn(folder),
    content: [KEYCLOAK_VERSION, ...build].join(' '),
    needs: 'Maven, its repository and Java 17',
    install: (target) => installKeycloakIn(target, build),
  }
}

/** Debian's, unpacked: no service is installed, and nothing of the host changes. */
function nginx(): RaceProgram {
  const folder = folderOf('nginx')
  return {
    version: "Debian's",
    folder,
    path: join(folder, 'usr/sbin/nginx'),
    content: 'nginx',
    needs: 'Debian 12 and its package "nginx"',
    install: (target) =>
      succeeds('apt-get', ['download', '-qq', 'nginx'], target) &&
      succeeds('sh', ['-c', 'dpkg-deb --extract nginx_*.deb . && rm nginx_*.deb'], target),
  }
}

/** Copied with what npm installed, and gone with an "npm ci" by hand. */
function folderOf(program: string): string {
  return fileURLToPath(new URL(`../../node_modules/.race/${program}`, import.meta.url))
}

function succeeds(program: string, args: readonly string[], cwd: string): boolean {
  return spawnSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}
