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
  location?: string
  /** The GUID by which the machine knows itself, however often it is registered. */
  vmId?: string
}

/** One file holds all of it, so that no crash leaves a key without its certificate. */
const FILE: StateJson<Registration> = { name: 'registration.json', isWhole: isRegistration }

/** Writes the registration into `folder`, made 0700. Durable when this returns. */
export function writeRegistration(folder: string, registration: Registration): Promise<void> {
  return writeStateJson(folder, FILE, registration)
}

/** The registration in `folder`, if there is one. @throws {AgentError} as {@link readRegistration}. */
export function findRegistration(folder: string): Promise<Registration | undefined> {
  return readStateJson(folder, FILE)
}

/**
 * Reads the registration in `folder`.
 *
 * @throws {AgentError} `registration_missing`, `registration_forbidden`, `registration_open` or `registration_broken`.
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

function isRegistration(value: unknown): value is Registration {
  return (
    hasStrings(value, ['authority', 'certificate', 'privateKey']) &&
    hasStrings(value.identity, ['tenantId', 'clientId', 'principalId', 'resourceId']) &&
    [value.ca, value.location, value.vmId].every((text) => text === undefined || typeof text === 'string') &&
    (value.usesSystemCa === undefined || typeof value.usesSystemCa === 'boolean') &&
    (value.taughtCa === undefined ||
      (Array.isArray(value.taughtCa) && value.taughtCa.every((pem) => typeof pem === 'string')))
  )
}
