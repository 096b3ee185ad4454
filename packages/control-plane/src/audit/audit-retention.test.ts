import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../storage/schema.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import type { AuditAction, AuditEntry } from './audit-entry.ts'
import { sweepAudit } from './audit-retention.ts'
import { recordAudit } from './audit-trail.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const DAY = 86_400_000
const MINUTE = 60_000

function entry(id: string, age: number, action: AuditAction = 'issue-token'): AuditEntry {
  const time = new Date(NOW.getTime() - age)
  return { id, time, action, outcome: 'done', correlationId: 'c' }
}

async function sweep(db: Kysely<Schema>, megabytes = 100, now = NOW): Promise<void> {
  while (await sweepAudit(db, now, { days: 90, megabytes }));
}

const kept = async (db: Kysely<Schema>) =>
  (await db.selectFrom('audit').select(['id', 'action']).orderBy('time').execute())
    .filter(({ action }) => action !== 'trim-audit')
    .map(({ id }) => id)

const trims = (db: Kysely<Schema>) =>
  db.selectFrom('audit').select(['code', 'count']).where('action', '=', 'trim-audit').execute()

describe.each(DATABASES)('on %s', (database) => {
  test('what is older than the days is deleted, in batches, and the trail says how many rows that were', async () => {
    const { db } = await openTrialRegistry(() => NOW, { database })
    const old = Array.from({ length: 501 }, (_, index) => entry(`id${index}`, 90 * DAY + 1))
    await recordAudit(db, [...old, entry('kept', 90 * DAY), entry('new', 0)])
    expect(await sweepAudit(db, NOW, { days: 90, megabytes: 100 })).toBe(true)
    expect(await kept(db)).toHaveLength(3)
    await sweep(db)
    expect(await kept(db)).toEqual(['kept', 'new'])
    expect(await trims(db)).toEqual([{ code: 'age', count: 501 }])
  })

  test('of a trail that is too large the oldest tokens go, and no change that anybody made', async () => {
    const { db } = await openTrialRegistry(() => NOW, { database })
    const audience = 'x'.repeat(256)
    const flood = (minutes: number) =>
      Array.from({ length: 1_000 }, () => ({ ...entry(randomUUID(), minutes * MINUTE), audience }))
    const changes = [
      entry('old change', 50 * MINUTE, 'assign-role'),
      entry('change', 30 * MINUTE, 'assign-role'),
    ]
    await recordAudit(db, [...changes, ...flood(40), ...flood(30), ...flood(20)])
    await sweep(db, 1)
    const left = await kept(db)
    expect(left.slice(0, 2)).toEqual(['old change', 'change'])
    expect(left).toHaveLength(1_002)
    expect(await trims(db)).toEqual([{ code: 'size', count: 2_000 }])
    await sweep(db, 1)
    expect(await kept(db)).toEqual(left)
  })

  test.each<AuditAction>(['sign-in', 'sign-out', 'fetch-certificate', 'renew-machine-key'])(
    'a flood of the action %s, which any principal has, pushes out no change',
    async (action) => {
      const { db } = await openTrialRegistry(() => NOW, { database })
      const flood = (minutes: number) =>
        Array.from({ length: 1_000 }, () => ({
          ...entry(randomUUID(), minutes * MINUTE, action),
          audience: 'x'.repeat(256),
        }))
      await recordAudit(db, [entry('change', 50 * MINUTE, 'delete-machine'), ...flood(40), ...flood(30)])
      await sweep(db, 1)
      const left = await kept(db)
      expect([left[0], left.length]).toEqual(['change', 1_001])
    },
  )

  test('a trail that is too large without any token loses its oldest rows', async () => {
    const { db } = await openTrialRegistry(() => NOW, { database })
    const resourceId = 'x'.repeat(512)
    const changes = (minutes: number) =>
      Array.from({ length: 1_000 }, () => ({
        ...entry(randomUUID(), minutes * MINUTE, 'change-machine'),
        resourceId,
      }))
    await recordAudit(db, [...changes(40), ...changes(30)])
    await sweep(db, 1)
    expect(await trims(db)).toEqual([{ code: 'size', count: 1_000 }])
  })

  test('changes whose tokens went count on, and go in their turn', async () => {
    const { db } = await openTrialRegistry(() => NOW, { database })
    const resourceId = 'x'.repeat(512)
    const rows = (minutes: number, action: AuditAction) =>
      Array.from({ length: 1_000 }, () => ({ ...entry(randomUUID(), minutes * MINUTE, action), resourceId }))
    const later = entry('later', 35 * MINUTE, 'assign-role')
    await recordAudit(db, [...rows(40, 'change-machine'), ...rows(40, 'issue-token'), later])
    await sweep(db, 1)
    expect(await kept(db)).toHaveLength(1_001)
    await recordAudit(db, rows(30, 'change-machine'))
    await sweep(db, 1)
    expect(await kept(db)).toHaveLength(1_001)
    expect(await trims(db)).toEqual([{ code: 'size', count: 2_000 }])
  })

  test('a minute is measured when every replica has written what belongs to it, and then once', async () => {
    const { db } = await openTrialRegistry(() => NOW, { database })
    const measured = async () =>
      (await db.selectFrom('audit_volume').select('minute').orderBy('minute').execute()).map(
        ({ minute }) => minute - NOW.getTime() / MINUTE,
      )
    await recordAudit(
      db,
      [0, 1, 2, 3].map((minutes) => entry(`${minutes}`, minutes * MINUTE)),
    )
    await sweep(db)
    expect(await measured()).toEqual([-3])
    const later = new Date(NOW.getTime() + 90 * DAY)
    await sweep(db, 100, later)
    expect(await measured()).toEqual([0])
  })

  test('minutes that a clock ahead has measured do not keep those of now from being measured', async () => {
    const { db } = await openTrialRegistry(() => NOW, { database })
    await recordAudit(db, [entry('ahead', -3 * DAY)])
    await sweep(db, 100, new Date(NOW.getTime() + 4 * DAY))
    const audience = 'x'.repeat(256)
    await recordAudit(
      db,
      Array.from({ length: 2_000 }, () => ({ ...entry(randomUUID(), 5 * MINUTE), audience })),
    )
    await sweep(db, 1)
    expect(await kept(db)).toEqual(['ahead'])
  })
})
