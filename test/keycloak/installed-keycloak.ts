/**
 * Keycloak, which takes and gives assertions by its own rules; installed by `npm run setup:parts` where there is Maven.
 *
 * @module
 */

import { type SpawnSyncOptions, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installOnce, isThere } from '../../scripts/installed-folder.ts'

/** The version that is installed. */
export const KEYCLOAK_VERSION = '26.5.6'

/** Copied with what npm installed, and gone with an "npm ci" by hand. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.keycloak', import.meta.url))

/** What it is built with once, so that each start is short: clients that prove themselves by tokens of other issuers. */
const BUILD = ['build', '--db=dev-mem', '--features=client-auth-federated']

const CONTENT = [KEYCLOAK_VERSION, ...BUILD].join(' ')

/** The path of its command, or undefined. */
export function findKeycloak(): string | undefined {
  return isThere({ folder: FOLDER, content: CONTENT }) ? keycloakIn(FOLDER) : undefined
}

/** Installs and builds it; says what is left out if it cannot. */
export function installKeycloak(): void {
  if (!installOnce('keycloak', { folder: FOLDER, content: CONTENT, install }))
    process.stdout.write('missing: Maven, Java 17 or Keycloak, for tokens at somebody else’s authority\n')
}

function install(folder: string): boolean {
  return installKeycloakIn(folder, BUILD)
}

/** Fetches it into an empty folder and builds it with the arguments `build`; whether that worked. */
export function installKeycloakIn(folder: string, build: readonly string[]): boolean {
  const artifact = `org.keycloak:keycloak-quarkus-dist:${KEYCLOAK_VERSION}:zip`
  // What the repository serves has to be what its checksum says.
  const quiet = ['--batch-mode', '--quiet', '--strict-checksums']
  const unpack = [...quiet, 'dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]
  // Where it works it leaves folders of its own.
  const cwd = join(folder, 'maven')
  mkdirSync(cwd)
  if (!succeeds('mvn', unpack, { cwd })) return false
  renameSync(join(folder, `keycloak-${KEYCLOAK_VERSION}`), join(folder, 'keycloak'))
  chmodSync(keycloakIn(folder), 0o755)
  return succeeds(keycloakIn(folder), build)
}

/** Its command, once it is installed in `folder`. */
export function keycloakIn(folder: string): string {
  return join(folder, 'keycloak/bin/kc.sh')
}

function succeeds(program: string, args: readonly string[], options: SpawnSyncOptions = {}): boolean {
  return spawnSync(program, args, { ...options, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}
