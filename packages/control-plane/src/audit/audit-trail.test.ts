import { expect, test } from 'vitest'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { type AuditEntry, recordAudit, sweepAudit } from './audit-trail.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const DAY_MILLISECONDS = 86_400_000

function entry(id: string, ageMilliseconds: number): AuditEntry {
  const time = new Date(NOW.getTime() - ageMilliseconds)
  return { id, time, action: 'issue-token', outcome: 'done', correlationId: 'c' }
}

test('a sweep deletes rows older than 90 days, in batches, and nothing else', async () => {
  const { db } = await openTrialRegistry(() => NOW)
  const old = Array.from({ length: 501 }, (_, index) => entry(`id${index}`, 90 * DAY_MILLISECONDS + 1))
  await recordAudit(db, [...old, entry('kept', 90 * DAY_MILLISECONDS), entry('new', 0)])
  expect(await sweepAudit(db, NOW)).toBe(true)
  expect(await sweepAudit(db, NOW)).toBe(false)
  const rows = await db.selectFrom('audit').select('id').orderBy('id').execute()
  expect(rows.map(({ id }) => id)).toEqual(['kept', 'new'])
})
