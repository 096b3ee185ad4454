import { describe, expect, test } from 'vitest'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { type AuditEntry, recordAudit } from './audit-trail.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

function entry(id: string, seconds = 0): AuditEntry {
  const time = new Date(NOW.getTime() + seconds * 1000)
  return { id, time, action: 'issue-token', outcome: 'done', correlationId: 'c' }
}

describe.each(DATABASES)('on %s', (database) => {
  test('entries of one name become one row with their count, in one transaction and over several', async () => {
    const { db } = await openTrialRegistry(() => NOW, { database })
    const gathered = 'g'
    await recordAudit(db, [{ ...entry('a'), gathered }, entry('other'), { ...entry('b', 1), gathered }])
    await recordAudit(db, [{ ...entry('c', 2), gathered }])
    const rows = await db
      .selectFrom('audit')
      .select(['id', 'time', 'last_time', 'count'])
      .orderBy('id')
      .execute()
    const time = NOW.getTime()
    expect(rows).toEqual([
      { id: 'a', time, last_time: time + 2_000, count: 3 },
      { id: 'other', time, last_time: time, count: 1 },
    ])
  })

  test('of many commits at once none is lost from the count', async () => {
    const { db, storage } = await openTrialRegistry(() => NOW, { database })
    const write = (id: string) =>
      storage.append((trx) =>
        recordAudit(
          trx,
          ['g', 'h'].map((gathered) => ({ ...entry(id + gathered), gathered })),
        ),
      )
    await Promise.all(Array.from({ length: 50 }, (_, index) => write(`${index}`)))
    const rows = await db.selectFrom('audit').select(['gathered', 'count']).orderBy('gathered').execute()
    expect(rows).toEqual(['g', 'h'].map((gathered) => ({ gathered, count: 50 })))
  })

  test('a row is of bounded size whatever it is told, and what begins alike stays apart', async () => {
    const { db } = await openTrialRegistry(() => NOW, { database })
    const long = (end: string) => `${'😀'.repeat(1_500)}${end}`
    const texts = (end: string) => ({
      resourceId: long(end),
      audience: long(end),
      clientId: long(end),
      code: long(end),
    })
    await recordAudit(db, [
      { ...entry('a'), ...texts('a') },
      { ...entry('b'), ...texts('b') },
    ])
    const [a, b] = await db.selectFrom('audit').selectAll().orderBy('id').execute()
    expect(JSON.stringify(a).length).toBeLessThan(2_000)
    expect([a?.audience, a?.resource_id]).not.toContain(b?.audience)
  })
})
