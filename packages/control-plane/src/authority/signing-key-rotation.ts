/**
 * One rotation of the signing keys, as one transaction: of several that race, one makes a key and the others get that
 * one. Where keys are compromised, each makes its own, since one that was there before is good for nothing.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { recordAudit } from '../audit/audit-trail.ts'
import { endAllPortalAccess } from '../registry/portal-access.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { newestOf, publishedUntil, startAhead } from './signing-key-schedule.ts'
import { readSigningKeys, type StoredSigningKey } from './signing-key-store.ts'

/**
 * `planned`: the new key is published for a day before it signs. `immediate`: it signs at once, though verifiers
 * may not have read it yet. `compromised`: a key that is made after the word signs at once, and all others are deleted,
 * also one that was to sign next, so that tokens signed with them are good no more.
 */
export const ROTATION_URGENCIES = ['planned', 'immediate', 'compromised'] as const

/** How much hurry a rotation is in. */
export type RotationUrgency = (typeof ROTATION_URGENCIES)[number]

/** What a rotation is to do. */
export interface Rotation {
  urgency: RotationUrgency
  /** When a planned key is to sign, if not in a day. */
  startsAt?: number
  /** The principal that asked for it; undefined if it was due. */
  by?: { clientId: string; principalId: string; correlationId: string }
}

/** One rotation on its way into the database. */
export interface RotationStep {
  /** The keys as they were when the rotation was decided. */
  seen: readonly StoredSigningKey[]
  /** A new key. */
  candidate: Pick<StoredSigningKey, 'kid' | 'certificate'>
  /** Seals its private half as the database is sealed at that moment. */
  seal: (trx: Transaction<Schema>) => Promise<string>
  rotation: Rotation
  now: Date
}

/** What became of a rotation. */
export interface RotationOutcome {
  /** The key that signs last of all. */
  newest: StoredSigningKey
  /** Whether anything was changed for that. */
  changed: boolean
}

/**
 * Rotates. Resolves to undefined, and nothing is changed, if the keys are compromised and are not those of `seen` any more:
 * another word may have been given since the candidate was made, so a newer candidate is wanted.
 */
export function rotateSigningKey(storage: Storage, step: RotationStep): Promise<RotationOutcome | undefined> {
  return storage.change(async (trx) => {
    const kept = await readSigningKeys(trx)
    if (step.rotation.urgency === 'compromised') return replaceAll(trx, kept, step)
    const newest = newestOf(kept)
    const wanted = wantedNewest(newest, { ...step, privateKey: await step.seal(trx) })
    const changed = wanted !== newest
    if (changed) await write(trx, wanted, step)
    return { newest: wanted, changed }
  })
}

/** The others are deleted, not ended, so that no clock and no later rotation brings one of them back. */
async function replaceAll(
  trx: Transaction<Schema>,
  kept: readonly StoredSigningKey[],
  step: RotationStep,
): Promise<RotationOutcome | undefined> {
  if (kidsOf(kept) !== kidsOf(step.seen)) return undefined
  const privateKey = await step.seal(trx)
  const newest = { ...step.candidate, privateKey, signsFrom: step.now.getTime(), publishedUntil: null }
  await trx.deleteFrom('signing_key').execute()
  // A token that somebody else signed may have opened a session.
  await endAllPortalAccess(trx)
  await insert(trx, newest, step)
  return { newest, changed: true }
}

function kidsOf(keys: readonly StoredSigningKey[]): string {
  return keys
    .map(({ kid }) => kid)
    .toSorted()
    .join()
}

/** The key that is to sign last of all: the candidate, or `newest` if another rotation was first. */
function wantedNewest(
  newest: StoredSigningKey | undefined,
  step: RotationStep & { privateKey: string },
): StoredSigningKey {
  const { candidate, privateKey, rotation, seen } = step
  const time = step.now.getTime()
  const isPlanned = rotation.urgency === 'planned'
  if (newest && newest.signsFrom > time) return isPlanned ? newest : { ...newest, signsFrom: time }
  if (newest && newest.kid !== newestOf(seen)?.kid) return newest
  const signsFrom = isPlanned ? (rotation.startsAt ?? startAhead(time)) : time
  return { ...candidate, privateKey, signsFrom, publishedUntil: null }
}

async function write(trx: Transaction<Schema>, key: StoredSigningKey, step: RotationStep): Promise<void> {
  const published_until = publishedUntil(key.signsFrom)
  await trx
    .updateTable('signing_key')
    .set({ published_until })
    .where('kid', '!=', key.kid)
    .where('published_until', 'is', null)
    .execute()
  await insert(trx, key, step)
}

async function insert(trx: Transaction<Schema>, key: StoredSigningKey, step: RotationStep): Promise<void> {
  await trx
    .insertInto('signing_key')
    .values({
      kid: key.kid,
      private_key: key.privateKey,
      certificate: key.certificate,
      signs_from: key.signsFrom,
      published_until: null,
      created_at: step.now.getTime(),
    })
    .onConflict((conflict) => conflict.column('kid').doUpdateSet({ signs_from: key.signsFrom }))
    .execute()
  await recordAudit(trx, [auditEntry(key.kid, step)])
}

function auditEntry(kid: string, { rotation, now }: RotationStep) {
  const { clientId, principalId, correlationId = randomUUID() } = rotation.by ?? {}
  return {
    id: randomUUID(),
    correlationId,
    time: now,
    action: 'rotate-signing-key' as const,
    outcome: 'done' as const,
    clientId,
    principalId,
    resourceId: `signing-keys/${kid}`,
  }
}
