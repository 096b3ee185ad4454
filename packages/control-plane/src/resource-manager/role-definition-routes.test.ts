import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { ROLE, ROLE_DEFINITIONS } from '../authorization/role-definitions.ts'
import { startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const VERSION = 'api-version=2022-04-01'
const LIST = '/providers/Microsoft.Authorization/roleDefinitions'

test('the built-in roles are listed at every scope', async () => {
  const { ask, subscriptionId } = await startTrialResourceManager()
  for (const scope of [
    '',
    `/subscriptions/${subscriptionId}`,
    `/subscriptions/${subscriptionId}/resourceGroups/g`,
  ]) {
    const { body } = await ask(`${scope}${LIST}?${VERSION}`)
    expect(body.value.map(({ name }: { name: string }) => name)).toEqual(ROLE_DEFINITIONS.map(({ id }) => id))
  }
})

test('a role is found by its name', async () => {
  const { ask, subscriptionId } = await startTrialResourceManager()
  const filter = encodeURIComponent("roleName eq 'azure connected machine onboarding'")
  const { body } = await ask(`/subscriptions/${subscriptionId}${LIST}?${VERSION}&$filter=${filter}`)
  expect(body.value).toMatchObject([
    {
      id: `/subscriptions/${subscriptionId}${LIST}/${ROLE.connectedMachineOnboarding}`,
      name: ROLE.connectedMachineOnboarding,
      type: 'Microsoft.Authorization/roleDefinitions',
      properties: {
        roleName: 'Azure Connected Machine Onboarding',
        type: 'BuiltInRole',
        assignableScopes: ['/'],
        permissions: [{ notActions: [], dataActions: [], notDataActions: [] }],
      },
    },
  ])
})

test.each([
  ["type eq 'CustomRole'", 200, 0],
  ["type eq 'BuiltInRole' and roleName eq 'Owner'", 200, 1],
  ['atScopeAndBelow()', 200, ROLE_DEFINITIONS.length],
  ["description eq 'x'", 400, undefined],
  ["roleName eq 'Owner' or roleName eq 'Reader'", 400, undefined],
])('the filter %s', async (filter, status, count) => {
  const { ask } = await startTrialResourceManager()
  const answer = await ask(`${LIST}?${VERSION}&$filter=${encodeURIComponent(filter)}`)
  expect([answer.status, answer.body.value?.length]).toEqual([status, count])
})

test('one role is got by its id, and one that is not there is said not to be', async () => {
  const { ask } = await startTrialResourceManager()
  const { body } = await ask(`${LIST}/${ROLE.reader.toUpperCase()}?${VERSION}`)
  expect(body).toMatchObject({ id: `${LIST}/${ROLE.reader}`, properties: { roleName: 'Reader' } })
  const missing = await ask(`${LIST}/${randomUUID()}?${VERSION}`)
  expect([missing.status, missing.body.error.code]).toEqual([404, 'RoleDefinitionDoesNotExist'])
})

test.each(['PUT', 'DELETE'])('a %s says that there are only the built-in roles', async (method) => {
  const { ask } = await startTrialResourceManager()
  const answer = await ask(`${LIST}/${ROLE.reader}?${VERSION}`, {
    method,
    ...(method === 'PUT' ? { json: {} } : {}),
  })
  expect([answer.status, answer.body.error.code]).toEqual([405, 'RoleDefinitionUpdateNotPermitted'])
})

test('a caller learns what it is allowed itself, and only that', async () => {
  const { ask, addCaller, subscriptionId } = await startTrialResourceManager()
  const group = `/subscriptions/${subscriptionId}/resourceGroups/g`
  const reader = await addCaller({ id: ROLE.reader, scope: group })
  const path = '/providers/Microsoft.Authorization/permissions'
  const here = await ask(`${group}${path}?${VERSION}`, { as: reader })
  expect(here.body.value).toEqual([
    { actions: ['*/read'], notActions: [], dataActions: [], notDataActions: [] },
  ])
  const above = await ask(`/subscriptions/${subscriptionId}${path}?${VERSION}`, { as: reader })
  expect(above.body.value).toEqual([])
})
