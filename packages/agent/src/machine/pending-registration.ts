/**
 * A registration that was begun: the key and the place are written down before anything is asked, so that a
 * connect that was interrupted, or whose answer was lost, is repeated with the same key and gives the same identity.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Enrolment } from '@landfast/protocol'
import { AgentError } from '../errors.ts'
import { newMachineKey, type ProvableKey, provableKeyOf } from './machine-key.ts'
import { removeNextKey } from './next-key.ts'
import { writePresence } from './presence.ts'
import { type Registration, writeRegistration } from './registration.ts'
import { hasStrings, readStateJson, removeStateJson, type StateJson, writeStateJson } from './state-json.ts'

/** What is kept while nothing is certain. */
interface KeptRegistration {
  privateKey: string
  vmId: string
  /** Which machine is to be made, and where, in words that {@link beginRegistration} compares. */
  target: string
}

const FILE: StateJson<KeptRegistration> = {
  name: 'pending-registration.json',
  isWhole: (value): value is KeptRegistration => hasStrings(value, ['privateKey', 'vmId', 'target']),
}

/** What a machine is registered by. Its private key stays in the folder. */
export interface PendingRegistration extends ProvableKey {
  vmId: string
}

/** What was begun, and whether it is another place's that was given up for it. */
export interface BegunRegistration {
  pending: PendingRegistration
  /** Whether no earlier try for this target may have made a machine. */
  isFirst: boolean
  /** The target of an earlier one that was never finished: there may be a machine of it. */
  abandoned: string | undefined
}

/** Begins to register this machine as `target`, or goes on where an earlier try for the same target ended. */
export async function beginRegistration(folder: string, target: string): Promise<BegunRegistration> {
  const kept = await readStateJson(folder, FILE)
  if (kept?.target === target) return { pending: pendingOf(kept), isFirst: false, abandoned: undefined }
  const begun = { privateKey: await newMachineKey(), vmId: kept?.vmId ?? randomUUID(), target }
  await writeStateJson(folder, FILE, begun)
  return { pending: pendingOf(begun), isFirst: true, abandoned: kept?.target }
}

function pendingOf({ privateKey, vmId }: KeptRegistration): PendingRegistration {
  return { vmId, ...provableKeyOf(privateKey) }
}

/** What came of it, and by what the control plane is reached and known from then on. */
export interface CompletedRegistration extends Pick<Registration, 'usesSystemCa' | 'proxy'> {
  enrolment: Enrolment
  ca: string | undefined
}

/**
 * Makes the machine in `folder` the one of `enrolment`, with the key that was begun there; that is removed last.
 *
 * @throws {AgentError} `registration_missing` if nothing was begun there.
 */
export async function completeRegistration(
  folder: string,
  { enrolment, ca, usesSystemCa, proxy }: CompletedRegistration,
): Promise<Registration> {
  const { authority, identity, certificate, location, nonce } = enrolment
  const begun = await readStateJson(folder, FILE)
  if (!begun) throw new AgentError('registration_missing', `"${join(folder, FILE.name)}"`)
  const { privateKey, vmId } = begun
  const registration: Registration = {
    authority,
    identity,
    certificate,
    privateKey,
    location,
    vmId,
    ...(ca !== undefined && { ca, ...(usesSystemCa && { usesSystemCa }) }),
    ...(proxy && { proxy }),
  }
  // One of the machine that was here before would take the place of the new key.
  await removeNextKey(folder)
  // The registration makes the machine one, so it comes last: without a nonce there would be no heartbeat.
  await writePresence(folder, { nonce, identities: [] })
  await writeRegistration(folder, registration)
  await removePendingRegistration(folder)
  return registration
}

/** Gives up what was begun. */
export function removePendingRegistration(folder: string): Promise<void> {
  return removeStateJson(folder, FILE)
}
