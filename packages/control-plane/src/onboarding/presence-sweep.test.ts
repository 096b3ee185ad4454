import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../storage/schema.ts'
import { registerTrialMachine } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { createExpirySweep, sweepDisconnected } from './presence-sweep.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const DAY_MILLISECONDS = 86_400_000

function after(milliseconds: number): Date {
  return new Date(NOW.getTime() + milliseconds)
}

function setPresence(db: Kysely<Schema>, principalId: string, lastHeartbeat: Date) {
  return db
    .updateTable('presence')
    .set({ status: 'Connected', last_heartbeat_at: lastHeartbeat.getTime() })
    .where('principal_id', '=', principalId)
    .execute()
}

async function statuses(db: Kysely<Schema>): Promise<[status: string, since: number][]> {
  const rows = await db
    .selectFrom('presence')
    .innerJoin('machine', 'machine.principal_id', 'presence.principal_id')
    .select(['presence.status', 'presence.status_changed_at'])
    .orderBy('machine.name')
    .execute()
  return rows.map(({ status, status_changed_at }) => [status, status_changed_at])
}

describe.each(DATABASES)('on %s', (database) => {
  test('a machine is Disconnected after 15 minutes without a heartbeat, and not before', async () => {
    const { db, registry } = await openTrialRegistry(() => NOW, { database })
    const a = await registerTrialMachine({ registry }, { name: 'a' })
    const b = await registerTrialMachine({ registry }, { name: 'b' })
    await registerTrialMachine({ registry }, { name: 'c' })
    await setPresence(db, a.identity.principalId, NOW)
    await setPresence(db, b.identity.principalId, after(1))
    const time = after(900_000)
    expect(await sweepDisconnected(db, time)).toBe(false)
    expect(await statuses(db)).toEqual([
      ['Disconnected', time.getTime()],
      ['Connected', NOW.getTime()],
      ['AwaitingConnection', NOW.getTime()],
    ])
  })

  test('a machine is Expired when its certificate has ended, whatever it was', async () => {
    const { db, registry } = await openTrialRegistry(() => NOW, { database })
    const machine = await registerTrialMachine({ registry })
    const { not_after } = await db.selectFrom('machine_key').select('not_after').executeTakeFirstOrThrow()
    await setPresence(db, machine.identity.principalId, NOW)
    const sweep = createExpirySweep()
    await sweep(db, new Date(not_after - 1))
    expect(await statuses(db)).toEqual([['Connected', NOW.getTime()]])
    await sweep(db, new Date(not_after))
    expect(await statuses(db)).toEqual([['Expired', not_after]])
  })
})

test('each machine is found in two rounds, so that a transaction that was rolled back hides none', async () => {
  const { db, storage, registry } = await openTrialRegistry(() => NOW)
  await registerTrialMachine({ registry })
  const sweep = createExpirySweep()
  const time = after(91 * DAY_MILLISECONDS)
  const failing = storage.append(async (trx) => {
    await sweep(trx, time)
    throw new Error('the disk is full')
  })
  await expect(failing).rejects.toThrow()
  expect(await statuses(db)).toEqual([['AwaitingConnection', NOW.getTime()]])
  await storage.append((trx) => sweep(trx, time))
  expect(await statuses(db)).toEqual([['Expired', time.getTime()]])
})

test('a clock that ran ahead and was set back hides no machine', async () => {
  const { db, registry } = await openTrialRegistry(() => NOW)
  const machine = await registerTrialMachine({ registry })
  const sweep = createExpirySweep()
  for (const days of [200, 200, 0]) await sweep(db, after(days * DAY_MILLISECONDS))
  await setPresence(db, machine.identity.principalId, NOW)
  await sweep(db, after(91 * DAY_MILLISECONDS))
  expect((await statuses(db))[0]?.[0]).toBe('Expired')
})

/** Many machines at once, written straight into the tables. */
async function insertMany(db: Kysely<Schema>, count: number, tenantId: string): Promise<void> {
  for (let first = 0; first < count; first += 100) {
    const ids = Array.from({ length: Math.min(100, count - first) }, (_, index) => `p${first + index}`)
    const principal = { tenant_id: tenantId, kind: 'machine', display_name: 'm', state: 'enabled' } as const
    const times = { created_at: 0, changed_at: 0 }
    await db
      .insertInto('principal')
      .values(ids.map((id) => ({ id, client_id: id, resource_id: null, ...principal, ...times })))
      .execute()
    const presence = { status: 'Connected', status_changed_at: 0, last_heartbeat_at: 0, nonce: 'n' } as const
    await db
      .insertInto('presence')
      .values(
        ids.map((principal_id) => ({ principal_id, ...presence, previous_nonce: null, host_name: null })),
      )
      .execute()
    const key = {
      public_key: 'k',
      certificate: 'c',
      not_after: 1_000,
      state: 'current',
      created_at: 0,
    } as const
    await db
      .insertInto('machine_key')
      .values(
        ids.map((id) => ({
          thumbprint: id,
          principal_id: id,
          certificate_sha256: id,
          certificate_sha1: id,
          ...key,
        })),
      )
      .execute()
  }
}

test('1,100 silent and expired machines are found in batches of 500', async () => {
  const { db, tenantId } = await openTrialRegistry(() => NOW)
  await insertMany(db, 1_100, tenantId)
  const found: boolean[] = []
  for (let round = 0; round < 3; round += 1) found.push(await sweepDisconnected(db, NOW))
  expect(found).toEqual([true, true, false])
  const sweep = createExpirySweep()
  for (let round = 0; round < 3; round += 1) found.push(await sweep(db, NOW))
  expect(found.slice(3)).toEqual([true, true, false])
  const left = await db.selectFrom('presence').select('status').where('status', '!=', 'Expired').execute()
  expect(left).toEqual([])
})
