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

const VERSION = '26.5.6'

/** Copied with what npm installed, and gone with an "npm ci" by hand. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.keycloak', import.meta.url))

/** What it is built with once, so that each start is short: clients that prove themselves by tokens of other issuers. */
const BUILD = ['build', '--db=dev-mem', '--features=client-auth-federated']

const CONTENT = [VERSION, ...BUILD].join(' ')

/** The path of its command, or undefined. */
export function findKeycloak(): string | undefined {
  return isThere({ folder: FOLDER, content: CONTENT }) ? commandIn(FOLDER) : undefined
}

/** Installs and builds it; says what is left out if it cannot. */
export function installKeycloak(): void {
  if (!installOnce('keycloak', { folder: FOLDER, content: CONTENT, install }))
    process.stdout.write('missing: Maven, Java 17 or Keycloak, for tokens at somebody else’s authority\n')
}

function install(folder: string): boolean {
  const artifact = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`
  const unpack = ['-B', '-q', 'dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]
  // Where it works it leaves folders of its own.
  const cwd = join(folder, 'maven')
  mkdirSync(cwd)
  if (!succeeds('mvn', unpack, { cwd })) return false
  renameSync(join(folder, `keycloak-${VERSION}`), join(folder, 'keycloak'))
  chmodSync(commandIn(folder), 0o755)
  return succeeds(commandIn(folder), BUILD)
}

function commandIn(folder: string): string {
  return join(folder, 'keycloak/bin/kc.sh')
}

function succeeds(program: string, args: readonly string[], options: SpawnSyncOptions = {}): boolean {
  return spawnSync(program, args, { ...options, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}
