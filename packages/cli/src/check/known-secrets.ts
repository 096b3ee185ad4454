/**
 * The secrets of this host that this user can read, so that they can be taken out of every text that leaves it.
 *
 * @module
 */

import { constants } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { secretIn } from '../discovery/secret-env-file.ts'
import type { Environment } from '../environment.ts'

/** Files of a state folder, all of whose texts of these names are secret. */
const STATE_FILES = [
  'registration.json',
  'entra.json',
  'pending-registration.json',
  'next-key.json',
  'presence.json',
]

const SECRET_KEYS: ReadonlySet<string> = new Set(['privateKey', 'nonce', 'clientSecret'])

/** Files of a control plane on the same host. */
const ADMINISTRATOR_FILES = ['/var/lib/landfast-control-plane/administrator.json']
const ENCRYPTION_KEY_FILES = ['/var/lib/landfast-control-plane/encryption-key']

/** Variables and settings with such a name hold a secret, or name the file that does. */
const SECRET_NAME = /secret|password|header|token|encryption|credential/i

/** A pipe in the place of a file holds nothing, and nothing up. */
const WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK

/** Where secrets may be. */
export interface SecretPlaces {
  stateFolder: string
  /** Values of settings by their names. */
  settings: Readonly<Record<string, string | undefined>>
  environment: Environment
}

/** The secrets. What cannot be read cannot be in what this user reads. */
export async function knownSecrets({ stateFolder, settings, environment }: SecretPlaces): Promise<string[]> {
  const inState = [...STATE_FILES, join('control-plane', 'administrator.json'), 'administrator.json']
  const documents = [...inState.map((name) => join(stateFolder, name)), ...ADMINISTRATOR_FILES]
  const named = Object.entries(settings).flatMap(([name, value]) =>
    SECRET_NAME.test(name) && value ? [value] : [],
  )
  const files = [...named.filter((value) => value.startsWith('/')), ...ENCRYPTION_KEY_FILES]
  const found = await Promise.all([
    ...documents.map(async (file) => secretsIn(await textOf(file))),
    ...files.map(async (file) => partsOf(await textOf(file))),
  ])
  const ofWorkloads = await workloadSecrets(stateFolder)
  const variables = Object.entries(environment).flatMap(([name, value = '']) =>
    SECRET_NAME.test(name) && !value.startsWith('/') ? [value] : [],
  )
  const inUrls = Object.values(settings).flatMap((value = '') => passwordIn(value))
  return [...found.flat(), ...ofWorkloads, ...variables, ...inUrls].filter((secret) => secret.trim() !== '')
}

/** What the files of workloads hold, wherever they are. */
async function workloadSecrets(stateFolder: string): Promise<string[]> {
  const { readWorkloads, workloadFolder } = await import('@landfast/agent')
  try {
    const { workloads } = readWorkloads(workloadFolder(stateFolder))
    return workloads.map(({ file }) => secretIn(file)).filter((secret) => secret !== undefined)
  } catch {
    return []
  }
}

/** A secret, and the password of one that is written after a user. */
function partsOf(secret: string): string[] {
  return [secret, secret.slice(secret.indexOf(':') + 1)]
}

function secretsIn(text: string): string[] {
  try {
    return secretsWithin(JSON.parse(text))
  } catch {
    return []
  }
}

/** However deep they stand. */
function secretsWithin(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    SECRET_KEYS.has(key) && typeof inner === 'string' ? [inner] : secretsWithin(inner),
  )
}

function passwordIn(value: string): string[] {
  const { password } = URL.parse(value) ?? { password: '' }
  return password === '' ? [] : [password, decodeURIComponent(password)]
}

async function textOf(file: string): Promise<string> {
  return await readFile(file, { encoding: 'utf8', flag: WITHOUT_WAITING }).catch(() => '')
}
