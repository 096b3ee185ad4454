import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { migrate } from '../storage/migrations.ts'
import {
  FIRST_HEARTBEAT,
  fillRegistry,
  principalOf,
  resourceKeyOf,
  SUBSCRIPTION,
} from '../testing/filled-registry.ts'
import { queryPlans } from '../testing/query-plans.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { openTrialStorage } from '../testing/trial-registry.ts'
import { createFleetCounts, type FleetCount, type LookAtFleet } from './fleet-counts.ts'
import { countSlice, OTHER_VERSIONS } from './machine-counts.ts'

const NOW = new Date(FIRST_HEARTBEAT)
const MINUTE = 60_000
const RANGE = { subscriptionId: SUBSCRIPTION }

async function start(database: TrialDatabase, machines: number) {
  const storage = await openTrialStorage({ database })
  await migrate(storage, NOW)
  await fillRegistry(storage, machines)
  const expire = (numbers: number[]) =>
    storage.db
      .updateTable('presence')
      .set({ status: 'Expired' })
      .where('principal_id', 'in', numbers.map(principalOf))
      .execute()
  return { storage, expire }
}

/** Looks until there is a count that began at `now`. */
async function counted(look: LookAtFleet, now: Date): Promise<FleetCount> {
  for (;;) {
    const seen = await look(RANGE, now)
    if (!('counts' in seen)) expect(seen.countedSoFar).toBeLessThanOrEqual(12_000)
    else if (seen.countedAt.getTime() === now.getTime()) return seen
    await setImmediate()
  }
}

describe.each(DATABASES)('on %s', (database) => {
  test('a large fleet is counted whole behind the looks at it, once a minute at most', async () => {
    const { storage, expire } = await start(database, 12_000)
    await expire([0, 999, 1_000, 11_999])
    const look = createFleetCounts(storage)
    const first = await counted(look, NOW)
    expect(first.countedAt).toEqual(NOW)
    expect(first.counts).toMatchObject({
      machines: 12_000,
      byStatus: { Connected: 11_996, Expired: 4, Disconnected: 0, AwaitingConnection: 0 },
      // One second lies between the ends of two certificates, and the first ends now.
      byCertificateEnd: { ended: 1, within7Days: 11_999, within30Days: 0, later: 0, none: 0 },
    })
    await expire([7])
    const soon = new Date(NOW.getTime() + MINUTE - 1)
    expect(await look(RANGE, soon)).toBe(first)
    const later = new Date(NOW.getTime() + MINUTE)
    expect(await look(RANGE, later)).toBe(first)
    const second = await counted(look, later)
    expect(second.counts.byStatus.Expired).toBe(5)
    const muchLater = new Date(later.getTime() + 10 * MINUTE)
    const last = await counted(look, muchLater)
    expect(last.countedAt).toEqual(muchLater)
  })

  test('looks at the same time count once', async () => {
    const { storage } = await start(database, 2_900)
    const plans = await queryPlans(storage, async (asked) => {
      const look = createFleetCounts(asked)
      await Promise.all(Array.from({ length: 5 }, () => look(RANGE, NOW)))
      await counted(look, NOW)
    })
    const slices = plans.filter((line) => /group by|GROUP BY|GroupAggregate|HashAggregate/.test(line))
    expect(slices.length).toBeLessThanOrEqual(5 + 3)
  })

  test('a group of a large fleet is small, and so is counted anew for each look', async () => {
    const { storage, expire } = await start(database, 3_000)
    const look = createFleetCounts(storage)
    const group = { ...RANGE, groupKey: resourceKeyOf(0).split('/providers')[0] ?? '' }
    expect(await look(group, NOW)).toMatchObject({ counts: { machines: 800, byStatus: { Expired: 0 } } })
    await expire([7, 2_999])
    expect(await look(group, NOW)).toMatchObject({ counts: { machines: 800, byStatus: { Expired: 1 } } })
  })

  test('a slice reads its machines by their keys, and no other', async () => {
    const { storage } = await start(database, 12_000)
    const range = { ...RANGE, after: resourceKeyOf(100) }
    const plans = await queryPlans(storage, (asked) => countSlice(asked, range, NOW))
    expect(plans.join('\n')).not.toMatch(/Seq Scan on machine$|SCAN /m)
  })

  test('whatever versions machines tell, some are counted and the others are others', async () => {
    const { storage } = await start(database, 900)
    const { db } = storage
    const rows = await db.selectFrom('machine').select('resource_key').execute()
    for (const [index, { resource_key }] of rows.entries()) {
      const properties = JSON.stringify({
        osName: '"agentVersion":"x"\\ud800',
        agentVersion: `${index}${'x'.repeat(100)}`,
      })
      await db.updateTable('machine').set({ properties }).where('resource_key', '=', resource_key).execute()
    }
    const { counts } = await countSlice(storage, { ...RANGE, after: '' }, NOW)
    expect(counts.byAgentVersion.size).toBe(501)
    expect(counts.byAgentVersion.get(OTHER_VERSIONS)).toBe(400)
    expect([...counts.byAgentVersion.keys()].every((version) => version.length <= 64)).toBe(true)
  })
})
