import { beforeEach, describe, expect, test } from 'vitest'
import { startTrialIdentities, type TrialIdentities } from '../testing/trial-identities.ts'
import { codeOf, ROLE } from '../testing/trial-resource-manager.ts'

let trial: TrialIdentities
beforeEach(async () => {
  trial = await startTrialIdentities()
})

const tagsOf = (id: string) => `${id}/providers/Microsoft.Resources/tags/default?api-version=2024-11-01`

function write(id: string, method: string, tags?: object, operation?: string) {
  return trial.ask(tagsOf(id), { method, ...(tags && { json: { operation, properties: { tags } } }) })
}

describe('tags', () => {
  test('of a group, a machine and an identity are read, merged, replaced and taken away', async () => {
    const { resourceId: identity } = await trial.makeIdentity('web')
    for (const id of [trial.group, identity, trial.owner.machine.identity.resourceId]) {
      const put = await write(id, 'PUT', { A: '1', b: '2' })
      expect([put.status, put.body]).toEqual([
        200,
        {
          id: `${id}/providers/Microsoft.Resources/tags/default`,
          name: 'default',
          type: 'Microsoft.Resources/tags',
          properties: { tags: { A: '1', b: '2' } },
        },
      ])
      const merged = await write(id.toUpperCase(), 'PATCH', { a: '3', c: '4' }, 'Merge')
      expect(merged.body.properties.tags, id).toEqual({ b: '2', a: '3', c: '4' })
      const less = await write(id, 'PATCH', { B: '2', c: 'other' }, 'Delete')
      expect(less.body.properties.tags).toEqual({ a: '3', c: '4' })
      const version = id === trial.group ? '2025-04-01' : id === identity ? '2024-11-30' : '2025-01-13'
      expect((await trial.ask(`${id}?api-version=${version}`)).body.tags).toEqual({ a: '3', c: '4' })
      expect((await write(id, 'PATCH', { d: '' }, 'Replace')).body.properties.tags).toEqual({ d: '' })
      expect((await write(id, 'DELETE')).status).toBe(200)
      expect((await trial.ask(tagsOf(id))).body.properties.tags).toEqual({})
    }
  })

  test('that are changed change the ETag, and the trail says so', async () => {
    const { resourceId } = await trial.makeIdentity('web')
    const before = (await trial.at(resourceId)).headers.etag
    await write(resourceId, 'PATCH', { a: '1' }, 'Merge')
    expect((await trial.at(resourceId)).headers.etag).not.toBe(before)
    const rows = await trial.storage.db
      .selectFrom('audit')
      .select('resource_id')
      .where('action', '=', 'change-identity')
      .execute()
    expect(rows).toEqual([{ resource_id: resourceId }])
  })

  test('are refused where there are too many, nothing to tag, or no right', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`t${index}`, '']))
    const others = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`u${index}`, '']))
    expect((await write(trial.group, 'PUT', many)).status).toBe(200)
    expect(codeOf(await write(trial.group, 'PATCH', others, 'Merge'))).toEqual([400, 'InvalidRequestContent'])
    expect(codeOf(await write(trial.group, 'PATCH', {}, 'Else'))).toEqual([400, 'InvalidRequestContent'])
    expect(codeOf(await write(`${trial.group}x`, 'PUT', {}))).toEqual([404, 'ResourceGroupNotFound'])
    expect(codeOf(await write(`${trial.identities}/no-one`, 'PUT', {}))).toEqual([404, 'ResourceNotFound'])
    const as = await trial.addCaller({ id: ROLE.reader, scope: trial.group })
    expect((await trial.ask(tagsOf(trial.group), { as })).status).toBe(200)
    const refused = await trial.ask(tagsOf(trial.group), { method: 'DELETE', as })
    expect(codeOf(refused)).toEqual([403, 'AuthorizationFailed'])
  })

  test('of a whole subscription are counted by name and value', async () => {
    const { resourceId } = await trial.makeIdentity('web')
    await write(trial.group, 'PUT', { env: 'prod' })
    await write(resourceId, 'PUT', { Env: 'test', owner: 'x' })
    const path = `/subscriptions/${trial.subscriptionId}/tagNames`
    const { body } = await trial.ask(`${path}?api-version=2024-11-01`)
    const count = (value: number) => ({ type: 'Total', value })
    expect(body.value).toMatchObject([
      {
        id: `${path}/env`,
        tagName: 'env',
        count: count(2),
        values: [
          { tagValue: 'prod', count: count(1) },
          { tagValue: 'test', count: count(1) },
        ],
      },
      { tagName: 'owner', count: count(1) },
    ])
  })
})

test('the locations that are in use are listed, each once', async () => {
  await trial.makeIdentity('web')
  const path = `/subscriptions/${trial.subscriptionId}/locations`
  const { body } = await trial.ask(`${path}?api-version=2022-12-01`)
  expect(body.value).toMatchObject([
    { id: `${path}/here`, name: 'here', displayName: 'here' },
    { name: 'local' },
  ])
})

describe('providers', () => {
  test('are the same without a subscription, for every caller', async () => {
    const as = await trial.addCaller()
    const { body } = await trial.ask('/providers?api-version=2024-11-01', { as })
    const inSubscription = await trial.ask(
      `/subscriptions/${trial.subscriptionId}/providers?api-version=2024-11-01`,
    )
    const names = (list: { namespace: string }[]) => list.map(({ namespace }) => namespace)
    expect(names(body.value)).toEqual(names(inSubscription.body.value))
    const one = await trial.ask('/providers/microsoft.HYBRIDCOMPUTE?api-version=2024-11-01', { as })
    expect(one.body.id).toBe('/providers/Microsoft.HybridCompute')
  })

  test('tell their operations, in both of the forms that clients know', async () => {
    const as = await trial.addCaller()
    const action = 'Microsoft.ManagedIdentity/userAssignedIdentities/write'
    const own = '/providers/Microsoft.ManagedIdentity/operations?api-version=2024-11-30'
    expect((await trial.ask(own, { as })).body.value).toContainEqual(
      expect.objectContaining({ name: action, isDataAction: false }),
    )
    const all = '/providers/Microsoft.Authorization/providerOperations'
    const one = await trial.ask(`${all}/microsoft.managedidentity?api-version=2022-04-01`, { as })
    const list = await trial.ask(`${all}?api-version=2022-04-01`, { as })
    expect(list.body.value).toContainEqual(one.body)
    const type = one.body.resourceTypes.find(
      ({ name }: { name: string }) => name === 'userAssignedIdentities',
    )
    expect(type.operations).toContainEqual(expect.objectContaining({ name: action }))
    const unknown = await trial.ask(`${all}/Microsoft.Nothing?api-version=2022-04-01`, { as })
    expect(codeOf(unknown)).toEqual([404, 'InvalidResourceNamespace'])
  })
})
