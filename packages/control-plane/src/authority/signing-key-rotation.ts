/**
 * One rotation of the signing keys, as one transaction: of several that race, one makes a key and the others get that
 * one.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { recordAudit } from '../audit/audit-trail.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { type KeyTimes, newestOf, publishedUntil, startAhead } from './signing-key-schedule.ts'
import { readSigningKeys, type StoredSigningKey } from './signing-key-store.ts'

/**
 * `planned`: the new key is published for a day before it signs. `immediate`: it signs at once, though verifiers
 * may not have read it yet. `compromised`: as `immediate`, and all other keys are published no more, so that
 * tokens signed with them are good no more.
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
  /** A new key with its private half sealed. */
  candidate: Omit<StoredSigningKey, keyof KeyTimes>
  rotation: Rotation
  now: Date
}

/** Rotates; resolves to the key that signs last of all, and whether anything was changed for that. */
export function rotateSigningKey(
  storage: Storage,
  step: RotationStep,
): Promise<{ newest: StoredSigningKey; changed: boolean }> {
  return storage.change(async (trx) => {
    const kept = await readSigningKeys(trx)
    const newest = newestOf(kept)
    const wanted = wantedNewest(newest, step)
    const changed = wanted !== newest || step.rotation.urgency === 'compromised'
    if (changed) await write(trx, wanted, step)
    return { newest: wanted, changed }
  })
}

/** The key that is to sign last of all: the candidate, or `newest` if another rotation was first. */
function wantedNewest(newest: StoredSigningKey | undefined, step: RotationStep): StoredSigningKey {
  const { candidate, rotation, seen } = step
  const time = step.now.getTime()
  const isPlanned = rotation.urgency === 'planned'
  if (newest && newest.signsFrom > time) return isPlanned ? newest : { ...newest, signsFrom: time }
  if (newest && newest.kid !== newestOf(seen)?.kid) return newest
  const signsFrom = isPlanned ? (rotation.startsAt ?? startAhead(time)) : time
  return { ...candidate, signsFrom, publishedUntil: null }
}

async function write(trx: Transaction<Schema>, key: StoredSigningKey, step: RotationStep): Promise<void> {
  const { rotation, now } = step
  const others = trx.updateTable('signing_key').where('kid', '!=', key.kid)
  if (rotation.urgency === 'compromised') {
    await others.set({ published_until: now.getTime() }).execute()
  } else {
    const published_until = publishedUntil(key.signsFrom)
    await others.set({ published_until }).where('published_until', 'is', null).execute()
  }
  await trx
    .insertInto('signing_key')
    .values({
      kid: key.kid,
      private_key: key.privateKey,
      certificate: key.certificate,
      signs_from: key.signsFrom,
      published_until: null,
      created_at: now.getTime(),
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
