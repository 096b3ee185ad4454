/**
 * The notes of a running `landfast dev` in its state folder, for other commands: its process, and the variables that
 * lead to its endpoint.
 *
 * @module
 */

import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ephemeralFolders } from '@landfast/emulator/folders'
import { SOCKET_PATH_MAX_BYTES } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import { inState } from '../files/state-failure.ts'
import { isStateFolderOpen, openStateFolder, type StateFolder } from '../machine/state-folder.ts'
import { FAULT_SOCKET_FILE } from './faults/fault-socket-place.ts'
import { AUDIT_FILE, type Site } from './local-site.ts'
import { formatExports, parseExports } from './shell-exports.ts'

/** The names in the state folder. */
export const DEV_FILE = {
  notes: 'dev.json',
  exports: 'env.sh',
  socket: 'agent.sock',
  faults: FAULT_SOCKET_FILE,
} as const

/** Refuses a folder whose sockets would have paths that are too long. @throws {CliError} `state_folder_unusable`. */
export function refuseLongSockets(folder: string): void {
  const longest = Math.max(
    ...[DEV_FILE.socket, DEV_FILE.faults].map((name) => Buffer.byteLength(join(folder, name))),
  )
  if (longest <= SOCKET_PATH_MAX_BYTES) return
  const hints = [
    `the path of a socket in it has ${longest} bytes, and the system allows ${SOCKET_PATH_MAX_BYTES}`,
    'name a shorter one: --state-dir ~/.landfast; without that flag it is made where TMPDIR leads',
  ]
  throw new CliError('state_folder_unusable', { detail: folder, hints })
}

/** In an ephemeral folder: where a dev keeps its state that has a folder of its own. */
const POINTER = 'dev-state-dir'

/** What `landfast dev --json` prints. Nothing in it is secret. */
export interface DevNotes {
  style: Site['location']['style']
  url: string
  tenantId: string
  clientId: string
  principalId: string
  resourceId: string
  /** User-assigned identities of the machine, by name; left out where it has none. */
  identities?: Site['identities']
  controlPlaneUrl: string
  caFile: string
  adminSocket: string
  /** Where it is told to have faults. */
  faultSocket: string
  /** Who got which token. */
  auditLog: string
  stateDir: string
  /** The file with the variables, the secret among them. */
  envFile: string
  pid: number
}

/** A running dev and the variables that lead to it. */
export interface RunningDev {
  notes: DevNotes
  variables: Record<string, string>
}

/** The notes of `site`, whose state is in `folder`. */
export function describeDev(site: Site, folder: string): DevNotes {
  return {
    style: site.location.style,
    url: site.location.url,
    ...site.identity,
    ...(Object.keys(site.identities).length > 0 && { identities: site.identities }),
    controlPlaneUrl: site.controlPlaneUrl,
    caFile: site.caFile,
    adminSocket: join(folder, DEV_FILE.socket),
    faultSocket: join(folder, DEV_FILE.faults),
    auditLog: join(folder, AUDIT_FILE),
    stateDir: folder,
    envFile: join(folder, DEV_FILE.exports),
    pid: process.pid,
  }
}

/** Writes both files, readable by their owner only. */
export async function writeDevNotes(folder: string, dev: RunningDev): Promise<void> {
  await removeDevNotes(folder)
  const text = `# Leads Azure SDKs to "landfast dev". Holds a secret.\n${formatExports(dev.variables)}`
  await writeFile(join(folder, DEV_FILE.exports), text, { mode: 0o600, flag: 'wx' })
  await writeFile(join(folder, DEV_FILE.notes), JSON.stringify(dev.notes), { mode: 0o600, flag: 'wx' })
}

/** Removes both files. */
export async function removeDevNotes(folder: string): Promise<void> {
  for (const name of [DEV_FILE.notes, DEV_FILE.exports]) await rm(join(folder, name), { force: true })
}

/**
 * Lets `findDev` find the dev that keeps its state in `folder`, until the place that this opens is closed. Where none can
 * be made, such a dev is found by its folder alone.
 */
export async function pointAtDev(folder: string): Promise<StateFolder | undefined> {
  const place = await openStateFolder(undefined).catch(() => undefined)
  if (place) await writeFile(join(place.path, POINTER), folder, { mode: 0o600 }).catch(() => {})
  return place
}

/**
 * The dev that runs in `folder`, or without a folder the only one of this user that runs.
 *
 * @throws {CliError} `dev_not_running`, `dev_ambiguous`, or `state_folder_unusable` if there is no temporary folder.
 */
export async function findDev(folder: string | undefined): Promise<RunningDev> {
  const folders = folder === undefined ? await inState(tmpdir(), ephemeralFolders()) : [resolve(folder)]
  const found: RunningDev[] = []
  for (const candidate of folders) {
    const dev = (await readDev(candidate)) ?? (await readPointedDev(candidate))
    if (dev) found.push(dev)
  }
  const [only, ...others] = found
  if (only && others.length === 0) return only
  if (only) {
    const hints = found.map(({ notes }) => `name one: --state-dir ${notes.stateDir}`)
    throw new CliError('dev_ambiguous', { hints })
  }
  const hints = [
    'start one: landfast dev',
    'one of another user, or with another TMPDIR, is found by --state-dir',
  ]
  throw new CliError('dev_not_running', { detail: folder ?? tmpdir(), hints })
}

/** The one that `pointAtDev` has put down in `place`, if that is such a place. */
async function readPointedDev(place: string): Promise<RunningDev | undefined> {
  const folder = await readFile(join(place, POINTER), 'utf8').catch(() => undefined)
  return folder === undefined ? undefined : await readDev(folder)
}

async function readDev(folder: string): Promise<RunningDev | undefined> {
  try {
    const notes: DevNotes = JSON.parse(await readFile(join(folder, DEV_FILE.notes), 'utf8'))
    const variables = parseExports(await readFile(join(folder, DEV_FILE.exports), 'utf8'))
    return (await isStateFolderOpen(folder)) ? { notes, variables } : undefined
  } catch {
    return undefined
  }
}
