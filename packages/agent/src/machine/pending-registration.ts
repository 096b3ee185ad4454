/**
 * A registration that was begun: the key and the place are written down before anything is asked, so that a
 * connect that was interrupted, or whose answer was lost, is repeated with the same key and gives the same identity.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Enrolment } from '@landfast/protocol'
import { newMachineKey } from './machine-key.ts'
import { removeNextKey } from './next-key.ts'
import { writePresence } from './presence.ts'
import { type Registration, writeRegistration } from './registration.ts'
import { hasStrings, readStateJson, removeStateJson, type StateJson, writeStateJson } from './state-json.ts'

/** What is kept while nothing is certain. */
export interface PendingRegistration {
  privateKey: string
  vmId: string
  /** Which machine is to be made, and where, in words that {@link beginRegistration} compares. */
  target: string
}

const FILE: StateJson<PendingRegistration> = {
  name: 'pending-registration.json',
  isWhole: (value): value is PendingRegistration => hasStrings(value, ['privateKey', 'vmId', 'target']),
}

/** What was begun, and whether it is another place's that was given up for it. */
export interface BegunRegistration {
  pending: PendingRegistration
  /** The target of an earlier one that was never finished: there may be a machine of it. */
  abandoned: string | undefined
}

/** Begins to register this machine as `target`, or goes on where an earlier try for the same target ended. */
export async function beginRegistration(folder: string, target: string): Promise<BegunRegistration> {
  const kept = await readStateJson(folder, FILE)
  if (kept?.target === target) return { pending: kept, abandoned: undefined }
  const pending = { privateKey: await newMachineKey(), vmId: kept?.vmId ?? randomUUID(), target }
  await writeStateJson(folder, FILE, pending)
  return { pending, abandoned: kept?.target }
}

/** Makes the machine in `folder` the one of `enrolment`; what was pending is removed last. */
export async function completeRegistration(
  folder: string,
  { pending, enrolment, ca }: { pending: PendingRegistration; enrolment: Enrolment; ca: string | undefined },
): Promise<Registration> {
  const { authority, identity, certificate, location, nonce } = enrolment
  const { privateKey, vmId } = pending
  const registration: Registration = {
    authority,
    identity,
    certificate,
    privateKey,
    location,
    vmId,
    ...(ca !== undefined && { ca }),
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
