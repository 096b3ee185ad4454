/**
 * What a machine knows of itself once it is registered: its authority, its identity, and the key that proves it.
 *
 * @see docs/security.md#the-state-folder
 * @module
 */

import { chmod, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Identity } from '@landfast/protocol'
import { AgentError } from './errors.ts'
import { writeStateFile } from './state-file.ts'

/** One file holds all of it, so that no crash leaves a key without its certificate. */
const FILE = 'registration.json'

/** The bits of everybody but the owner. */
const OTHERS = 0o077

/** A registered machine. Certificates and keys are PEM. */
export interface Registration {
  /** `https://HOST[:PORT]/{tenant}`. */
  authority: string
  /** The system-assigned identity. */
  identity: Identity
  /** Of the machine's key, issued by the control plane. */
  certificate: string
  privateKey: string
  /** The certificate by which the authority's own is verified. */
  ca: string
}

/** Writes the registration into `folder`, made 0700. Durable when this returns. */
export async function writeRegistration(folder: string, registration: Registration): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  await writeStateFile(join(folder, FILE), `${JSON.stringify(registration, null, 2)}\n`)
}

/**
 * Reads the registration in `folder`.
 *
 * @throws {AgentError} `registration_missing`, `registration_open` or `registration_broken`.
 */
export async function readRegistration(folder: string): Promise<Registration> {
  const file = join(folder, FILE)
  try {
    await checkFile(file)
    const registration: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (isRegistration(registration)) return registration
  } catch (error) {
    if (error instanceof AgentError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new AgentError('registration_missing', `"${file}"`, error)
    // The parser's own message quotes the file, and so the private key: it must not reach a log.
    throw new AgentError('registration_broken', `"${file}" (${code ?? 'not JSON'})`, code && error)
  }
  throw new AgentError('registration_broken', `"${file}" (a field is missing)`)
}

/** Who can read the key is the machine, and who can write the file names its authority. */
async function checkFile(file: string): Promise<void> {
  const { mode, uid } = await stat(file)
  if (mode & OTHERS)
    throw new AgentError('registration_open', `"${file}" has mode 0${(mode & 0o777).toString(8)}`)
  if (uid !== 0 && uid !== process.geteuid?.()) {
    throw new AgentError('registration_open', `"${file}" belongs to user id ${uid}`)
  }
}

function isRegistration(value: unknown): value is Registration {
  return (
    hasStrings(value, ['authority', 'certificate', 'privateKey', 'ca']) &&
    'identity' in value &&
    hasStrings(value.identity, ['tenantId', 'clientId', 'principalId', 'resourceId'])
  )
}

function hasStrings(value: unknown, names: readonly string[]): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'string')
  )
}
