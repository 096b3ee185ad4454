import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import type { AuditEntry } from './audit-entry.ts'
import { recordAudit } from './audit-trail.ts'
import { countRefusals } from './refusal-counts.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const DAY = 86_400_000
const SPAN = { since: new Date(NOW.getTime() - DAY), until: NOW }

function refusal(secondsAgo: number, more: Partial<AuditEntry> = {}): AuditEntry {
  const time = new Date(NOW.getTime() - secondsAgo * 1_000)
  const own = { action: 'enrol-machine', outcome: 'refused', code: 'JoinTokenUnknown' } as const
  return { id: randomUUID(), correlationId: 'c', time, ...own, ...more }
}

describe.each(DATABASES)('on %s', (database) => {
  test('what was refused in a day is counted by kind, with what the trail left out', async () => {
    const { db } = await openTrialRegistry(() => NOW, { database })
    await recordAudit(db, [
      refusal(1),
      refusal(2, { suppressed: 7 }),
      refusal(3, { action: 'heartbeat', code: 'MachineCloned' }),
      refusal(4, { action: 'heartbeat', code: undefined }),
      refusal(5, { outcome: 'done', code: undefined }),
      refusal(86_401),
    ])
    expect(await countRefusals(db, SPAN)).toEqual({
      since: SPAN.since,
      kinds: [
        { action: 'enrol-machine', code: 'JoinTokenUnknown', refusals: 9 },
        { action: 'heartbeat', code: undefined, refusals: 1 },
        { action: 'heartbeat', code: 'MachineCloned', refusals: 1 },
      ],
    })
  })

  test('of more than can be looked at the newest are counted, and it is said since when', async () => {
    const { db } = await openTrialRegistry(() => NOW, { database })
    await recordAudit(
      db,
      Array.from({ length: 2_600 }, (_, index) => refusal(index + 1)),
    )
    const { since, kinds } = await countRefusals(db, SPAN)
    expect(since).toEqual(new Date(NOW.getTime() - 2_500_000))
    expect(kinds).toEqual([{ action: 'enrol-machine', code: 'JoinTokenUnknown', refusals: 2_500 }])
  })
})
