import { describe, expect, test } from 'vitest'
import { makeKeys } from '../testing/trial.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { codeOf, ROLE, startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const PATH = '/landfast/v1/machines/remove-unseen'
const HOUR = 3_600_000
const DAY = 24 * HOUR

async function start(database?: TrialDatabase) {
  const trial = await startTrialResourceManager(database ? { database } : {})
  const now = trial.clock.now().getTime()
  const add = async (name: string, presence: object) => {
    const { publicKey } = await makeKeys('ec')
    const { identity } = await trial.registry.registerMachine({ name, publicKey, resourceGroup: 'web' })
    const { principalId, resourceId } = identity
    const { db } = trial.storage
    await db.updateTable('presence').set(presence).where('principal_id', '=', principalId).execute()
    const made = { created_at: now - 90 * DAY }
    await db.updateTable('machine').set(made).where('principal_id', '=', principalId).execute()
    return { resourceId, principalId }
  }
  const remove = (resourceIds: string[], changes: object = {}, as = trial.owner) =>
    trial.ask(PATH, {
      method: 'POST',
      json: { resourceIds, seenBefore: new Date(now - 30 * DAY).toISOString(), ...changes },
      as,
    })
  const away = {
    status: 'Disconnected' as const,
    status_changed_at: now - 40 * DAY,
    last_heartbeat_at: now - 40 * DAY,
  }
  return { ...trial, now, add, remove, away }
}

describe.each(DATABASES)('on %s', (database) => {
  test('a machine that was not seen since then goes, each other stays and it is said why', async () => {
    const { add, remove, away, now, ask, storage, registry } = await start(database)
    const dead = await add('dead', away)
    const never = await add('never', { status: 'AwaitingConnection', status_changed_at: now - 90 * DAY })
    const back = await add('back', { ...away, status: 'Connected', last_heartbeat_at: now - 60_000 })
    const recent = await add('recent', { ...away, last_heartbeat_at: now - 29 * DAY })
    // After an outage of the control plane all machines are like this one.
    const missed = await add('missed', { ...away, status_changed_at: now - HOUR + 1 })
    const ids = [dead, never, back, recent, missed].map(({ resourceId }) => resourceId)
    const { status, body } = await remove([...ids, `${dead.resourceId}x`])
    const outcomes = body.value.map(({ outcome }: { outcome: string }) => outcome)
    expect([status, outcomes]).toEqual([200, ['removed', 'removed', 'seen', 'seen', 'seen', 'missing']])
    expect(await registry.findMachine(dead.resourceId)).toBeUndefined()
    expect(await registry.findMachine(missed.resourceId)).toBeDefined()
    const again = await remove([dead.resourceId])
    expect(again.body.value).toEqual([{ id: dead.resourceId, outcome: 'missing' }])
    const entries = await storage.db
      .selectFrom('audit')
      .select(['resource_id', 'client_id'])
      .where('action', '=', 'delete-machine')
      .execute()
    expect(entries.map(({ resource_id }) => resource_id).toSorted()).toEqual(
      [dead.resourceId, never.resourceId].toSorted(),
    )
    expect((await ask('/landfast/v1/audit')).status).toBe(200)
  })
})

test('the last administrator is never removed, and the others are', async () => {
  const { add, remove, away, owner, storage, now } = await start()
  const dead = await add('dead', away)
  const { principalId } = owner
  await storage.db.updateTable('presence').set(away).where('principal_id', '=', principalId).execute()
  await storage.db
    .updateTable('machine')
    .set({ created_at: now - 90 * DAY })
    .where('principal_id', '=', principalId)
    .execute()
  await storage.db
    .deleteFrom('role_assignment')
    .where('scope_key', '=', '/')
    .where('principal_id', '!=', principalId)
    .execute()
  const { body } = await remove([owner.machine.identity.resourceId, dead.resourceId])
  expect(body.value).toMatchObject([
    { outcome: 'refused', code: 'CannotDeleteLastRbacAdminAssignment' },
    { outcome: 'removed' },
  ])
})

test('less than a day, no time, no machines or too many are refused, and so is who may not delete them', async () => {
  const { add, remove, away, now, addCaller, subscriptionId, registry } = await start()
  const { resourceId } = await add('dead', away)
  for (const changes of [
    { seenBefore: new Date(now - DAY + 1).toISOString() },
    { seenBefore: 'yesterday' },
    { seenBefore: undefined },
    { resourceIds: [] },
    { resourceIds: Array(101).fill(resourceId) },
    { force: true },
  ]) {
    expect(codeOf(await remove([resourceId], changes)), JSON.stringify(changes)).toEqual([
      400,
      'InvalidRequestContent',
    ])
  }
  const reader = await addCaller({ id: ROLE.reader, scope: `/subscriptions/${subscriptionId}` })
  expect(codeOf(await remove([resourceId], {}, reader))).toEqual([403, 'AuthorizationFailed'])
  expect(await registry.findMachine(resourceId)).toBeDefined()
})
