import { parseJoinToken } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { makeJoinToken } from './join-token-making.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const ORIGIN = 'https://cp.example'

async function openParts() {
  const { storage, db, tenantId, subscriptionId } = await openTrialRegistry(() => NOW)
  const names = { origin: ORIGIN, tenantId, issuerV1: '' }
  return { parts: { storage, names, subscriptionId, caFingerprint: undefined }, db, tenantId }
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
