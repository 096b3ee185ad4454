/**
 * What a machine knows of itself once it is registered: its authority, its identity, and the key that proves it.
 *
 * @see docs/security.md#the-state-folder
 * @module
 */

import { join } from 'node:path'
import type { Identity } from '@landfast/protocol'
import { AgentError } from '../errors.ts'
import { hasStrings, readStateJson, removeStateJson, type StateJson, writeStateJson } from './state-json.ts'

/** A registered machine. Certificates and keys are PEM. */
export interface Registration {
  /** `https://HOST[:PORT]/{tenant}`. */
  authority: string
  /** The system-assigned identity. */
  identity: Identity
  /** Of the machine's key, issued by the control plane. */
  certificate: string
  privateKey: string
  /** The certificates by which the authority's own is verified; none if that is one that this host trusts anyway. */
  ca?: string
  /** Whether the CAs that this host trusts count beside `ca`; without that they always do. */
  usesSystemCa?: boolean
  /** The certificates of `ca` that the control plane has told since, PEM, one each. */
  taughtCa?: readonly string[]
  /** The settings of the proxy by which it was connected, as they were given and by their names. */
  proxy?: Readonly<Partial<Record<string, string>>>
  location?: string
  /** The GUID by which the machine knows itself, however often it is registered. */
  vmId?: string
}

/**
 * The form of the state folder that this version writes. One that an older version would misread has the next number, so
 * that after a downgrade nothing is lost.
 */
const FORMAT = 1

/** What is in the file. */
interface RegistrationFile extends Registration {
  /** The form of the whole state folder; the first had no number. */
  format?: number
}

/** One file holds all of it, so that no crash leaves a key without its certificate. */
const FILE: StateJson<RegistrationFile> = { name: 'registration.json', isWhole: isRegistration }

/** Writes the registration into `folder`, made 0700. Durable when this returns. */
export function writeRegistration(folder: string, registration: Registration): Promise<void> {
  return writeStateJson(folder, FILE, { ...registration, format: FORMAT })
}

/** The registration in `folder`, if there is one. @throws {AgentError} as {@link readRegistration}. */
export async function findRegistration(folder: string): Promise<Registration | undefined> {
  const content = await readStateJson(folder, FILE)
  if (!content) return undefined
  const { format = FORMAT, ...registration } = content
  if (format <= FORMAT) return registration
  throw new AgentError('state_newer', `"${folder}" has the form ${format}, and this version knows ${FORMAT}`)
}

/**
 * Reads the registration in `folder`.
 *
 * @throws {AgentError} `registration_missing`, `registration_forbidden`, `registration_open`, `registration_broken` or
 *   `state_newer`.
 */
export async function readRegistration(folder: string): Promise<Registration> {
  const registration = await findRegistration(folder)
  if (registration) return registration
  throw new AgentError('registration_missing', `"${join(folder, FILE.name)}"`)
}

/** Removes the registration: from then on the folder is no machine's. */
export function removeRegistration(folder: string): Promise<void> {
  return removeStateJson(folder, FILE)
}

function isRegistration(value: unknown): value is RegistrationFile {
  if (!hasStrings(value, [])) return false
  // What a newer version means by the rest is not ours to judge.
  if (typeof value.format === 'number' && value.format > FORMAT) return true
  return (
    (value.format === undefined || typeof value.format === 'number') &&
    hasStrings(value, ['authority', 'certificate', 'privateKey']) &&
    hasStrings(value.identity, ['tenantId', 'clientId', 'principalId', 'resourceId']) &&
    [value.ca, value.location, value.vmId].every((text) => text === undefined || typeof text === 'string') &&
    (value.usesSystemCa === undefined || typeof value.usesSystemCa === 'boolean') &&
    (value.taughtCa === undefined ||
      (Array.isArray(value.taughtCa) && value.taughtCa.every((pem) => typeof pem === 'string'))) &&
    (value.proxy === undefined || hasStrings(value.proxy, Object.keys(Object(value.proxy))))
  )
}
