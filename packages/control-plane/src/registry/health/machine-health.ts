/**
 * How the parts of a machine's agent stand, as its heartbeats have told it. It is apart from presence, which each heartbeat
 * writes: this is written when it has changed.
 *
 * @see ../../../../../docs/onboarding.md#health
 * @module
 */

import type { PartHealth } from '@landfast/protocol'
import type { Transaction } from 'kysely'
import type { Schema } from '../../storage/schema.ts'

/** What one machine has told: its parts as they are kept, and how many of them fail. */
export interface HealthReport {
  parts: string
  failing: number
}

/** What is kept of `sent`, whose bounds are checked: nothing but what is known of a part. */
export function healthReport(sent: readonly PartHealth[]): HealthReport {
  const parts = sent.map(({ part, ok, code, since }) => ({
    part,
    ok,
    ...(code !== undefined && !ok && { code }),
    since,
  }))
  return { parts: JSON.stringify(parts), failing: parts.filter(({ ok }) => !ok).length }
}

/** The health of a machine. */
export interface MachineHealth {
  parts: readonly PartHealth[]
  /** When the machine has told a change of it. */
  reportedAt: Date
}

/** What is kept, read; undefined if the machine has told nothing. */
export function readHealth(row: {
  health: string | null
  healthAt: number | null
}): MachineHealth | undefined {
  if (!row.health || row.healthAt === null) return undefined
  return { parts: JSON.parse(row.health), reportedAt: new Date(row.healthAt) }
}

/** What a heartbeat has told: null if the agent is one that tells nothing. */
interface ToldHealth {
  principalId: string
  health: HealthReport | null
  time: Date
}

/** A machine makes open pages ask no more often than this; they ask by themselves each minute. */
const NEWS_MILLISECONDS = 60_000

/** Of a machine whose agent is one that tells nothing, and told something before. */
const NOTHING: HealthReport = { parts: '', failing: 0 }

/**
 * Writes what is new in `told`, of which the last of a machine counts; resolves to whether open pages are to be told: not of a
 * machine that told something else less than a minute ago.
 */
export async function writeHealth(trx: Transaction<Schema>, told: readonly ToldHealth[]): Promise<boolean> {
  const last = new Map(told.map((one) => [one.principalId, one]))
  if (last.size === 0) return false
  const kept = await keptOf(trx, [...last.keys()])
  const rows = [...last.values()].map(({ principalId, health, time }) => ({
    ...(health ?? NOTHING),
    principal_id: principalId,
    reported_at: time.getTime(),
  }))
  const news = rows.filter(({ principal_id: id, parts }) => parts !== (kept.get(id) ?? NOTHING).parts)
  await insertHealth(trx, news)
  return news.some(
    ({ principal_id: id, reported_at: now }) => now - (kept.get(id)?.reported_at ?? 0) >= NEWS_MILLISECONDS,
  )
}

async function keptOf(
  trx: Transaction<Schema>,
  ids: readonly string[],
): Promise<Map<string, { parts: string; reported_at: number }>> {
  const rows = await trx
    .selectFrom('machine_health')
    .select(['principal_id', 'parts', 'reported_at'])
    .where('principal_id', 'in', ids)
    .execute()
  return new Map(rows.map(({ principal_id, ...kept }) => [principal_id, kept]))
}

type HealthRow = HealthReport & { principal_id: string; reported_at: number }

async function insertHealth(trx: Transaction<Schema>, rows: readonly HealthRow[]): Promise<void> {
  if (rows.length === 0) return
  await trx
    .insertInto('machine_health')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('principal_id').doUpdateSet((expression) => ({
        parts: expression.ref('excluded.parts'),
        failing: expression.ref('excluded.failing'),
        reported_at: expression.ref('excluded.reported_at'),
      })),
    )
    .execute()
}
