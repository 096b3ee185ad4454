/**
 * Marks silent machines: Disconnected after three missed heartbeats, Expired when the certificate has ended. Any
 * replica may sweep, also several at once.
 *
 * @module
 */

import { DISCONNECTED_AFTER_SECONDS } from '@landfast/protocol'
import type { Kysely } from 'kysely'
import type { Schema } from '../storage/schema.ts'

/** How many machines one step of a sweep changes at most, so that requests wait little for it. */
const SWEEP_MAX_MACHINES = 500

/** Told when a machine was marked. */
export type NoteMarked = () => void

/** Marks one batch of machines without a heartbeat for 15 minutes; resolves to whether more may be left. */
export async function sweepDisconnected(
  db: Kysely<Schema>,
  now: Date,
  noteMarked?: NoteMarked,
): Promise<boolean> {
  const before = now.getTime() - DISCONNECTED_AFTER_SECONDS * 1000
  const silent = db
    .selectFrom('presence')
    .select('principal_id')
    .where('status', '=', 'Connected')
    .where('last_heartbeat_at', '<=', before)
    .limit(SWEEP_MAX_MACHINES)
  const { numUpdatedRows } = await db
    .updateTable('presence')
    .set({ status: 'Disconnected', status_changed_at: now.getTime() })
    .where('principal_id', 'in', silent)
    // A heartbeat may come between the two halves of this statement.
    .where('status', '=', 'Connected')
    .where('last_heartbeat_at', '<=', before)
    .executeTakeFirst()
  if (numUpdatedRows > 0) noteMarked?.()
  return Number(numUpdatedRows) === SWEEP_MAX_MACHINES
}

/** Where a sweep of expired certificates stands: everything up to here was seen. */
interface Position {
  notAfter: number
  thumbprint: string
}

const BEGINNING: Position = { notAfter: 0, thumbprint: '' }

/**
 * A sweep that marks machines whose current certificate has ended, one batch with each call; resolves to whether
 * more may be left. It goes through the certificates in the order of their ends and looks at each in two rounds,
 * in case a transaction was rolled back; machines that expired long ago cost nothing.
 */
export function createExpirySweep(): typeof sweepDisconnected {
  let position = BEGINNING
  let lastEnd = BEGINNING
  return async (db, now, noteMarked) => {
    // After a clock that was set back, what was marked too early will end later.
    if (now.getTime() < position.notAfter) position = lastEnd = BEGINNING
    const ended = await findEnded(db, position, now)
    if (await markExpired(db, ended, now)) noteMarked?.()
    const last = ended.at(-1)
    const end = last ? { notAfter: last.not_after, thumbprint: last.thumbprint } : position
    const isRoundOver = ended.length < SWEEP_MAX_MACHINES
    position = isRoundOver ? lastEnd : end
    if (isRoundOver) lastEnd = end
    return !isRoundOver
  }
}

function findEnded(db: Kysely<Schema>, { notAfter, thumbprint }: Position, now: Date) {
  return db
    .selectFrom('machine_key')
    .select(['principal_id', 'not_after', 'thumbprint'])
    .where('state', '=', 'current')
    .where((where) =>
      where(where.refTuple('not_after', 'thumbprint'), '>', where.tuple(notAfter, thumbprint)),
    )
    .where('not_after', '<=', now.getTime())
    .orderBy('not_after')
    .orderBy('thumbprint')
    .limit(SWEEP_MAX_MACHINES)
    .execute()
}

/** Resolves to whether any was not marked before. */
async function markExpired(
  db: Kysely<Schema>,
  ended: readonly { principal_id: string }[],
  now: Date,
): Promise<boolean> {
  if (ended.length === 0) return false
  const { numUpdatedRows } = await db
    .updateTable('presence')
    .set({ status: 'Expired', status_changed_at: now.getTime() })
    .where(
      'principal_id',
      'in',
      ended.map(({ principal_id }) => principal_id),
    )
    .where('status', '!=', 'Expired')
    // A machine may have proven a newer key since the certificates were read.
    .where((where) =>
      where.exists(
        where
          .selectFrom('machine_key')
          .select('machine_key.thumbprint')
          .whereRef('machine_key.principal_id', '=', 'presence.principal_id')
          .where('machine_key.state', '=', 'current')
          .where('machine_key.not_after', '<=', now.getTime()),
      ),
    )
    .executeTakeFirst()
  return numUpdatedRows > 0
}
