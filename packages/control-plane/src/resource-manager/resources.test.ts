import { describe, expect, test } from 'vitest'
import { makeKeys } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { codeOf, ROLE, startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const VERSION = 'api-version=2025-04-01'

test('resources of every type are in one list, page by page, or those of one type', async () => {
  const { ask, subscriptionId, controlPlane, registry } = await startTrialResourceManager()
  for (const name of ['b', 'a']) {
    const { publicKey } = await makeKeys()
    await registry.registerMachine({ name, resourceGroup: 'web', publicKey })
  }
  const group = `/subscriptions/${subscriptionId}/resourceGroups/web`
  const first = await ask(`${group}/resources?${VERSION}&$top=1`)
  expect(first.body.value).toEqual([
    {
      id: `${group}/providers/Microsoft.HybridCompute/machines/a`,
      name: 'a',
      type: 'Microsoft.HybridCompute/machines',
      location: 'local',
      tags: {},
    },
  ])
  const next = await ask(first.body.nextLink.replace(controlPlane.url, ''))
  expect(next.body).toEqual({ value: [expect.objectContaining({ name: 'b' })] })
  const typed = (type: string) => {
    const filter = new URLSearchParams({ $filter: `resourceType eq '${type}'` })
    return ask(`/subscriptions/${subscriptionId}/resources?${VERSION}&${filter}`)
  }
  expect((await typed('microsoft.hybridcompute/MACHINES')).body.value).toHaveLength(3)
  expect((await typed('Microsoft.ManagedIdentity/userAssignedIdentities')).body.value).toEqual([])
  expect((await typed('Microsoft.Compute/virtualMachines')).body.value).toEqual([])
})

describe.each(DATABASES)('on %s', (database) => {
  test('resources are narrowed by name, group, location and tag', async () => {
    const { ask, subscriptionId } = await startTrialResourceManager({ database })
    const make = (path: string, json: object) =>
      ask(`/subscriptions/${subscriptionId}/resourceGroups/${path}`, { method: 'PUT', json })
    for (const [group, location] of [
      ['web', 'west'],
      ['Data_1', 'east'],
    ]) {
      await make(`${group}?${VERSION}`, { location, tags: { Team: group } })
      for (const [name, tags] of [
        ['one', { Env: 'prod' }],
        ['Two', { Env: 'test', owner: 'x' }],
      ] as const) {
        const id = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${group}-${name}`
        await make(`${id}?api-version=2024-11-30`, { location, tags })
      }
    }
    const found = async (list: string, filter: string) => {
      const query = new URLSearchParams({ $filter: `${filter}` })
      const { body } = await ask(`/subscriptions/${subscriptionId}/${list}?${VERSION}&${query}`)
      return body.value?.map(({ name }: { name: string }) => name) ?? body
    }
    const identities = "resourceType eq 'Microsoft.ManagedIdentity/userAssignedIdentities'"
    for (const [filter, names] of [
      ["name eq 'WEB-two'", ['web-Two']],
      ["name eq 'web-tw'", []],
      ["resourceGroup eq 'data_1' and name eq 'Data_1-one'", ['Data_1-one']],
      ["resourceGroup eq 'dataX1'", []],
      ["location eq 'East' and name eq 'Data_1-Two'", ['Data_1-Two']],
      ["tagName eq 'env' and tagValue eq 'prod'", ['Data_1-one', 'web-one']],
      ["tagName eq 'env' and tagValue eq 'PROD'", []],
      [`${identities} and tagname eq 'OWNER'`, ['Data_1-Two', 'web-Two']],
      [`startswith(tagname, 'own') and location eq 'west'`, ['web-Two']],
      ["substringof('eb-t', name)", ['web-Two']],
      ["startswith(name, 'DATA') and tagName eq 'owner'", ['Data_1-Two']],
    ] as const) {
      expect(await found('resources', filter), filter).toEqual(names)
    }
    expect(await found('resourcegroups', "tagName eq 'team' and tagValue eq 'web'")).toEqual(['web'])
    expect(await found('resourceGroups/web/resources', "name eq 'web-one'")).toEqual(['web-one'])
  })
})

test('resources say when they were made and changed if they are asked for it', async () => {
  const { ask, subscriptionId, clock } = await startTrialResourceManager()
  const list = `/subscriptions/${subscriptionId}/resources?${VERSION}`
  const time = clock.now().toISOString()
  const { body } = await ask(`${list}&$expand=createdTime,changedTime,provisioningState`)
  expect(body.value).toMatchObject([{ createdTime: time, changedTime: time, provisioningState: 'Succeeded' }])
  expect(Object.keys((await ask(list)).body.value[0])).toEqual(['id', 'name', 'type', 'location', 'tags'])
})

test('a filter that is not understood is refused, not ignored', async () => {
  const { ask, subscriptionId } = await startTrialResourceManager()
  for (const list of ['resources', 'resourcegroups']) {
    for (const filter of [
      "tagValue eq 'a'",
      "name ne 'a'",
      "plan/publisher eq 'a'",
      'x',
      "resourceType eq 'a' and resourceType eq 'b'",
    ]) {
      const query = new URLSearchParams({ $filter: filter })
      const answer = await ask(`/subscriptions/${subscriptionId}/${list}?${VERSION}&${query}`)
      expect(codeOf(answer), filter).toEqual([400, 'InvalidFilterInQueryString'])
    }
  }
})

test('a provider tells its types and their api-versions, newest first, and is registered', async () => {
  const { ask, subscriptionId } = await startTrialResourceManager()
  const path = (rest: string) => `/subscriptions/${subscriptionId}/providers${rest}?${VERSION}`
  const { body } = await ask(path('/microsoft.hybridcompute'))
  expect(body).toMatchObject({
    id: `/subscriptions/${subscriptionId}/providers/Microsoft.HybridCompute`,
    namespace: 'Microsoft.HybridCompute',
    registrationState: 'Registered',
  })
  const machines = body.resourceTypes.find(
    ({ resourceType }: { resourceType: string }) => resourceType === 'machines',
  )
  expect(machines.apiVersions.at(0) > machines.apiVersions.at(-1)).toBe(true)
  expect(machines.apiVersions).toContain('2021-05-20')
  const registered = await ask(path('/Microsoft.HybridConnectivity/register'), { method: 'POST' })
  expect([registered.status, registered.body.registrationState]).toEqual([200, 'Registered'])
  const listed = await ask(path(''))
  expect(listed.body.value.map(({ namespace }: { namespace: string }) => namespace)).toEqual(
    expect.arrayContaining([
      'Microsoft.Authorization',
      'Microsoft.GuestConfiguration',
      'Microsoft.HybridCompute',
    ]),
  )
  expect(codeOf(await ask(path('/Microsoft.Compute')))).toEqual([404, 'InvalidResourceNamespace'])
})

test('a subscription is renamed by its owner', async () => {
  const { ask, subscriptionId, addCaller } = await startTrialResourceManager()
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Subscription/rename?api-version=2021-10-01`
  const rename = (subscriptionName: unknown) => ask(path, { method: 'POST', json: { subscriptionName } })
  expect((await rename('Factory')).body).toEqual({ subscriptionId })
  const renamed = await ask(`/subscriptions/${subscriptionId}?api-version=2022-12-01`)
  expect(renamed.body.displayName).toBe('Factory')
  expect(codeOf(await rename(' '))).toEqual([400, 'InvalidRequestContent'])
  expect(codeOf(await rename(7))).toEqual([400, 'InvalidRequestContent'])
  const reader = await addCaller({ id: ROLE.reader, scope: '/' })
  const refused = await ask(path, { method: 'POST', json: { subscriptionName: 'Mine' }, as: reader })
  expect(codeOf(refused)).toEqual([403, 'AuthorizationFailed'])
})
