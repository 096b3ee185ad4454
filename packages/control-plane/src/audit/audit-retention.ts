/**
 * How long the audit trail is kept: for some days, and up to some size; what is oldest goes first. The size is counted by
 * minutes: each is measured once when it is over, so that nothing has to be counted with every row.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { Schema } from '../storage/schema.ts'
import { type AuditAction, lastingSpan } from './audit-entry.ts'
import { recordAudit } from './audit-trail.ts'

/** What is kept. */
export interface AuditRetention {
  days: number
  megabytes: number
}

type Volume = Selectable<Schema['audit_volume']>

const DAY_MILLISECONDS = 86_400_000
const MINUTE_MILLISECONDS = 60_000
const MEGABYTE = 1_048_576

/** A minute is measured when every replica has certainly written what belongs to it. */
const OPEN_MINUTES = 2

/** How many minutes one step measures at most, so that requests wait little for it. */
const MEASURED_MAX_MINUTES = 10

/** How many rows one step deletes at most, for the same reason. */
const DELETED_MAX_ROWS = 500

/** What any principal can do for itself, as often as it likes. */
const OWN_ACTIONS: readonly AuditAction[] = [
  'issue-token',
  'sign-in',
  'sign-out',
  'fetch-certificate',
  'renew-machine-key',
  'return-machine',
  'certify-attestation',
  'certify-entra',
]

/** What a row takes beside its texts, in the table and in its three indexes. */
const ROW_BYTES = 250

/** Does one step; resolves to whether more may be left. */
export async function sweepAudit(
  db: Kysely<Schema>,
  now: Date,
  { days, megabytes }: AuditRetention,
): Promise<boolean> {
  const time = now.getTime()
  const oldest = time - days * DAY_MILLISECONDS
  if ((await deleteBefore(db, oldest, { now, code: 'age' })) === DELETED_MAX_ROWS) return true
  await db.deleteFrom('audit_volume').where('minute', '<', minuteOf(oldest)).execute()
  if (await measure(db, minuteOf(time))) return true
  return await shrink(db, now, megabytes * MEGABYTE)
}

function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MILLISECONDS)
}

/** The first minute that is not measured yet, and some after it. */
async function measure(db: Kysely<Schema>, present: number): Promise<boolean> {
  const measured = await db
    .selectFrom('audit_volume')
    .select((volume) => volume.fn.max('minute').as('minute'))
    // A clock that was once ahead has measured minutes that are still to come.
    .where('minute', '<', present)
    .executeTakeFirst()
  const first = await db
    .selectFrom('audit')
    .select((audit) => audit.fn.min('time').as('time'))
    .where('time', '>=', ((measured?.minute ?? -1) + 1) * MINUTE_MILLISECONDS)
    .executeTakeFirst()
  const closed = present - OPEN_MINUTES
  if (typeof first?.time !== 'number' || minuteOf(first.time) >= closed) return false
  const until = Math.min(minuteOf(first.time) + MEASURED_MAX_MINUTES, closed)
  const volumes = await readVolumes(db, first.time, until * MINUTE_MILLISECONDS)
  await db
    .insertInto('audit_volume')
    .values(volumes)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return true
}

const TEXTS = [
  'id',
  'action',
  'client_id',
  'principal_id',
  'resource_id',
  'audience',
  'correlation_id',
  'origin',
  'detail',
  // Once more in its index.
  'audience',
]

function readVolumes(db: Kysely<Schema>, from: number, until: number) {
  const lengths = TEXTS.map((name) => sql`coalesce(octet_length(${sql.ref(name)}), 0)`)
  const size = sql<number>`${sql.join(lengths, sql` + `)} + ${sql.lit(ROW_BYTES)}`
  const ownSize = sql<number>`case when action in (${sql.join(OWN_ACTIONS.map(sql.lit))}) then ${size} else 0 end`
  const minute: RawBuilder<number> = sql`time / ${sql.lit(MINUTE_MILLISECONDS)}`
  return db
    .selectFrom('audit')
    .select([minute.as('minute'), total(size).as('bytes'), total(ownSize).as('token_bytes')])
    .where('time', '>=', from)
    .where('time', '<', until)
    .groupBy(minute)
    .execute()
}

/** Where both databases give a number. */
function total(size: RawBuilder<number>): RawBuilder<number> {
  return sql`cast(coalesce(sum(${size}), 0) as bigint)`
}

/**
 * Deletes rows of the oldest minute if all together are too large. What a principal does for itself goes first, most of it tokens:
 * it can do that as often as it likes, and must not push out what was changed, and by whom.
 */
async function shrink(db: Kysely<Schema>, now: Date, maxBytes: number): Promise<boolean> {
  const { bytes } = await db
    .selectFrom('audit_volume')
    .select(total(sql.ref('bytes')).as('bytes'))
    .executeTakeFirstOrThrow()
  if (bytes <= maxBytes) return false
  const minutes = db.selectFrom('audit_volume').select(['minute', 'bytes', 'token_bytes']).orderBy('minute')
  const withOwn = await minutes.where('token_bytes', '>', 0).limit(1).executeTakeFirst()
  const volume = withOwn ?? (await minutes.limit(1).executeTakeFirstOrThrow())
  const rows = { ownOnly: withOwn !== undefined, from: volume.minute * MINUTE_MILLISECONDS }
  const end = (volume.minute + 1) * MINUTE_MILLISECONDS
  const deleted = await deleteBefore(db, end, { now, code: 'size', ...rows })
  if (deleted < DELETED_MAX_ROWS) await settle(db, volume, rows.ownOnly)
  return true
}

async function settle(db: Kysely<Schema>, volume: Volume, keepsOthers: boolean): Promise<void> {
  const { minute, bytes, token_bytes } = volume
  if (keepsOthers && bytes > token_bytes) {
    const rest = { bytes: bytes - token_bytes, token_bytes: 0 }
    await db.updateTable('audit_volume').set(rest).where('minute', '=', minute).execute()
  } else {
    await db.deleteFrom('audit_volume').where('minute', '=', minute).execute()
  }
}

interface Deletion {
  now: Date
  code: 'age' | 'size'
  /** The first row's time at the earliest. */
  from?: number
  ownOnly?: boolean
}

/** What is deleted is on record itself: a row an hour for each reason, which counts the rows. */
async function deleteBefore(
  db: Kysely<Schema>,
  end: number,
  { now, code, from = 0, ownOnly = false }: Deletion,
): Promise<number> {
  const old = db
    .selectFrom('audit')
    .select('id')
    .where('time', '>=', from)
    .where('time', '<', end)
    .$if(ownOnly, (rows) => rows.where('action', 'in', OWN_ACTIONS))
    .limit(DELETED_MAX_ROWS)
  const { numDeletedRows } = await db.deleteFrom('audit').where('id', 'in', old).executeTakeFirst()
  const count = Number(numDeletedRows)
  if (count === 0) return 0
  const id = randomUUID()
  const told = {
    action: 'trim-audit',
    outcome: 'done',
    code,
    count,
    gathered: `trim ${code} ${lastingSpan(now)}`,
  } as const
  await recordAudit(db, [{ id, correlationId: id, time: now, ...told }])
  return count
}
