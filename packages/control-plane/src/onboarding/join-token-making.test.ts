import { parseJoinToken } from '@landfast/protocol'
import { expect, test } from 'vitest'
import type { ArmRequest } from '../arm/arm-route.ts'
import { unaskedEntry } from '../audit/audit-entry.ts'
import type { MachineResource } from '../registry/machine-resource.ts'
import { registerTrialMachine } from '../testing/trial.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import {
  makeJoinToken,
  readDemand,
  readReplacingLifetime,
  replacingDemand,
  writeJoinToken,
} from './join-token-making.ts'
import { newJoinToken } from './join-tokens.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const ORIGIN = 'https://cp.example'

async function openParts() {
  const { storage, db, registry, tenantId, subscriptionId } = await openTrialRegistry(() => NOW)
  const names = { origin: ORIGIN, tenantId, issuerV1: '' }
  return { parts: { storage, names, subscriptionId, caFingerprint: undefined }, db, registry, tenantId }
}

test('the program that runs a control plane makes a join token by no right, and it is on record', async () => {
  const { parts, db, tenantId } = await openParts()
  for (const _ of ['first', 'second']) {
    const token = await makeJoinToken(parts, { resourceGroup: 'shop' }, NOW)
    expect(parseJoinToken(token)?.url).toBe(ORIGIN)
  }
  const kept = await db
    .selectFrom('join_token')
    .select(['resource_group', 'max_uses', 'created_by'])
    .execute()
  const made = { resource_group: 'shop', max_uses: 1, created_by: tenantId }
  expect(kept).toEqual([made, made])
  const rows = await db.selectFrom('audit').select(['action', 'client_id']).orderBy('action').execute()
  expect(rows).toEqual(
    ['create-join-token', 'create-join-token', 'create-resource-group'].map((action) => ({
      action,
      client_id: null,
    })),
  )
})

test('a place that cannot be is refused', async () => {
  const { parts } = await openParts()
  await expect(makeJoinToken(parts, { resourceGroup: 'a/b' }, NOW)).rejects.toMatchObject({
    code: 'InvalidParameter',
  })
})

test('what is not said of a token is one use, an hour, the first subscription and the location of its group', async () => {
  const { parts, tenantId } = await openParts()
  const { subscriptionId } = parts
  const plain = { subscriptionId, resourceGroup: 'shop', location: 'local', uses: 1, lifetimeSeconds: 3600 }
  const others = { tags: {}, createdBy: tenantId, replaces: null }
  expect(await readDemand(parts, { resourceGroup: 'shop' }, tenantId)).toEqual({ ...plain, ...others })
  await makeJoinToken(parts, { resourceGroup: 'shop', location: 'cellar' }, NOW)
  const inGroup = { ...plain, ...others, location: 'cellar' }
  expect(await readDemand(parts, { resourceGroup: 'SHOP' }, tenantId)).toEqual(inGroup)
  const all = { subscriptionId, resourceGroup: 'shop', location: 'attic', uses: 7, lifetimeSeconds: 60 }
  const tags = { a: 'b' }
  expect(await readDemand(parts, { ...all, tags }, tenantId)).toEqual({ ...all, ...others, tags })
})

test.each([
  ['x', 'InvalidSubscriptionId'],
  ['00000000-0000-0000-0000-000000000000', 'SubscriptionNotFound'],
])('no token is made in the subscription "%s"', async (subscriptionId, code) => {
  const { parts, db } = await openParts()
  const made = makeJoinToken(parts, { subscriptionId, resourceGroup: 'shop' }, NOW)
  await expect(made).rejects.toMatchObject({ code })
  expect(await db.selectFrom('join_token').selectAll().execute()).toEqual([])
})

test('a token carries the fingerprint of the CA, where there is one', async () => {
  const { parts } = await openParts()
  const withCa = { ...parts, caFingerprint: () => 'A'.repeat(43) }
  const [plain, pinned] = await Promise.all(
    [parts, withCa].map((one) => makeJoinToken(one, { resourceGroup: 'shop' }, NOW)),
  )
  expect(parseJoinToken(plain ?? '')).not.toHaveProperty('caFingerprint')
  expect(parseJoinToken(pinned ?? '')).toMatchObject({ caFingerprint: 'A'.repeat(43) })
})

test('a token that replaces is good for a day at most, an hour if nothing is said, and for nothing else', () => {
  expect(readReplacingLifetime({})).toBe(3600)
  expect(readReplacingLifetime({ lifetimeSeconds: 86_400, uses: undefined })).toBe(86_400)
  for (const body of [
    { lifetimeSeconds: 86_401 },
    { uses: 1 },
    { tags: {} },
    { lifetimeSeconds: 60, uses: 1 },
  ]) {
    expect(() => readReplacingLifetime(body)).toThrow(
      expect.objectContaining({ code: 'InvalidRequestContent' }),
    )
  }
})

test('a token that replaces is for one use, at the place of its machine, and brings no group back', async () => {
  const { parts, db, registry, tenantId } = await openParts()
  const { storage, subscriptionId } = parts
  const { principalId } = (await registerTrialMachine({ registry })).identity
  const resourceId = `/subscriptions/${subscriptionId}/resourceGroups/gone/providers/Microsoft.HybridCompute/machines/web`
  const machine = { principalId, resourceId, resourceGroup: 'gone', location: 'cellar' }
  const asked = { lifetimeSeconds: 60, createdBy: tenantId }
  const demand = replacingDemand(machine as MachineResource, asked)
  const place = { subscriptionId, resourceGroup: 'gone', location: 'cellar' }
  expect(demand).toEqual({ ...place, ...asked, tags: {}, uses: 1, replaces: principalId })
  const token = newJoinToken(demand, NOW)
  const audit: ArmRequest['audit'] = (action, subject) => unaskedEntry(action, NOW, subject)
  await storage.change((trx) => writeJoinToken(trx, token, { time: NOW, audit }))
  expect(await db.selectFrom('resource_group').select('name').where('name', '=', 'gone').execute()).toEqual(
    [],
  )
})
