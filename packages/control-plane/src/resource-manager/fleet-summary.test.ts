import { describe, expect, test } from 'vitest'
import { makeKeys } from '../testing/trial.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { CALLERS_GROUP, codeOf, ROLE, startTrialResourceManager } from '../testing/trial-resource-manager.ts'

async function start(database?: TrialDatabase) {
  const trial = await startTrialResourceManager(database ? { database } : {})
  const { storage, registry, subscriptionId } = trial
  const add = async (name: string, agentVersion?: string) => {
    const { publicKey } = await makeKeys('ec')
    const { identity } = await registry.registerMachine({ name, publicKey, resourceGroup: 'web' })
    const properties = JSON.stringify({ agentVersion })
    const { principalId } = identity
    await storage.db
      .updateTable('machine')
      .set({ properties })
      .where('principal_id', '=', principalId)
      .execute()
    return identity
  }
  const own = `/landfast/v1/subscriptions/${subscriptionId}`
  const ask = (place = '', as = trial.owner) => trial.ask(`${own}${place}/fleet-summary`, { as })
  return { ...trial, add, summary: ask }
}

describe.each(DATABASES)('on %s', (database) => {
  test('a summary counts the machines of a group as they are now', async () => {
    const { add, summary, storage, clock, ask } = await start(database)
    const [web] = [await add('a', '1.2.0'), await add('b', '1.2.0'), await add('c', '1.10.0'), await add('d')]
    const { status, body } = await summary('/resourceGroups/WEB')
    expect([status, body]).toMatchObject([
      200,
      {
        countedAt: clock.now().toISOString(),
        machines: 4,
        disabled: 0,
        failing: 0,
        byStatus: { AwaitingConnection: 4, Connected: 0, Disconnected: 0, Expired: 0 },
        byCertificateEnd: { ended: 0, within7Days: 0, within30Days: 0, later: 4, none: 0 },
        byAgentVersion: [
          { agentVersion: '1.2.0', machines: 2 },
          { agentVersion: '', machines: 1 },
          { agentVersion: '1.10.0', machines: 1 },
        ],
        otherAgentVersions: 0,
      },
    ])
    const { resourceId, principalId } = web as NonNullable<typeof web>
    await ask('/landfast/v1/machines/disable', { method: 'POST', json: { resourceId } })
    await storage.db
      .updateTable('machine_key')
      .set({ not_after: clock.now().getTime() + 7 * 86_400_000 })
      .where('principal_id', '=', principalId)
      .execute()
    const after = await summary('/resourceGroups/web')
    expect(after.body).toMatchObject({ disabled: 1, byCertificateEnd: { within7Days: 1, later: 3 } })
  })

  test('who may read the trail is told what was refused, and on a shared database which replicas there are', async () => {
    const { summary, addCaller, subscriptionId, add, clock } = await start(database)
    await add('a')
    const scope = `/subscriptions/${subscriptionId}`
    const reader = await addCaller({ id: ROLE.reader, scope })
    const stranger = await addCaller({ id: ROLE.reader, scope: `${scope}/resourceGroups/${CALLERS_GROUP}` })
    expect(codeOf(await summary('', stranger))).toEqual([403, 'AuthorizationFailed'])
    expect(codeOf(await summary('/resourceGroups/web', stranger))).toEqual([403, 'AuthorizationFailed'])
    const { body } = await summary('')
    expect(body.refusals.kinds).toEqual([
      { action: 'Microsoft.HybridCompute/machines/read', code: 'AuthorizationFailed', refusals: 2 },
    ])
    expect(Date.parse(body.refusals.since)).toBe(clock.now().getTime() - 86_400_000)
    expect(body.replicas).toHaveLength(database === 'postgres' ? 1 : 0)
    const read = await summary('', reader)
    expect(read.body).toMatchObject({ machines: 4 })
    expect(read.body).not.toHaveProperty('refusals')
    expect(read.body).not.toHaveProperty('replicas')
  })
})

test('there is no summary of a group that is not there', async () => {
  const { summary } = await start()
  expect(codeOf(await summary('/resourceGroups/none'))).toEqual([404, 'ResourceGroupNotFound'])
})
