import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createAuthorization, rightsOf } from '../authorization/authorization.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { giveRole, makePerson, PROVIDER, putIn } from '../testing/trial-people.ts'
import { codeOf, ROLE, startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const READ = 'Microsoft.HybridCompute/machines/read'
const ROLES = '/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01'

const start = (options: Parameters<typeof startTrialResourceManager>[0] = {}) =>
  startTrialResourceManager({ portalProvider: PROVIDER, ...options })

const ADA = { displayName: 'ada@example.com', subject: 'Ada-1' }
const PLATFORM = { displayName: 'platform', claimValue: 'platform-team' }

describe.each(DATABASES)('on %s', (database) => {
  test('a group is made for a value of the provider, once, and shown as Azure shows one', async () => {
    const trial = await start({ database })
    const { ask, owner } = trial
    const id = await makePerson(trial, 'groups', PLATFORM)
    const shown = {
      principalId: id,
      tenantId: trial.tenantId,
      ...PLATFORM,
      issuer: PROVIDER.issuer,
      state: 'enabled',
      createdAt: trial.clock.now().toISOString(),
    }
    expect((await ask(`/landfast/v1/groups/${id}`)).body).toEqual(shown)
    expect((await ask('/landfast/v1/groups')).body).toEqual({ value: [shown] })
    expect((await ask('/landfast/v1/users')).body).toEqual({ value: [] })
    const again = await ask('/landfast/v1/groups', {
      method: 'POST',
      json: { ...PLATFORM, displayName: 'x' },
    })
    expect(codeOf(again)).toEqual([409, 'UserOrGroupExists'])
    const graph = await ask(`/v1.0/groups?$filter=${encodeURIComponent("displayName eq 'Platform'")}`)
    expect(graph.body.value).toEqual([
      expect.objectContaining({ '@odata.type': '#microsoft.graph.group', id, displayName: 'platform' }),
    ])
    const entries = await trial.storage.db
      .selectFrom('audit')
      .select(['action', 'client_id', 'principal_id', 'resource_id'])
      .where('resource_id', '=', `/landfast/v1/groups/${id}`)
      .execute()
    expect(entries).toEqual([
      {
        action: 'create-group',
        client_id: owner.clientId,
        principal_id: id,
        resource_id: `/landfast/v1/groups/${id}`,
      },
    ])
  })

  test('a user has its own roles and those of the groups that its last ID token named', async () => {
    const trial = await start({ database })
    const { storage, subscriptionId } = trial
    const scope = `/subscriptions/${subscriptionId}`
    const [user, group, other] = [
      await makePerson(trial, 'users', ADA),
      await makePerson(trial, 'groups', PLATFORM),
      await makePerson(trial, 'groups', { displayName: 'other', claimValue: 'other' }),
    ]
    for (const principal of [group, other]) await giveRole(trial, principal, { role: ROLE.reader, scope })
    const { allows } = createAuthorization(storage.db)
    const may = async () => [
      await allows({ principalId: user }, READ, scope),
      (await rightsOf(storage.db, user))(READ, scope),
    ]
    expect(await may()).toEqual([false, false])
    await putIn(storage, user, group)
    expect(await may()).toEqual([true, true])
    for (const [one, verbs] of [
      [`users/${user}`, ['disable', 'enable']],
      [`groups/${group}`, ['disable', 'enable']],
    ] as const) {
      for (const verb of verbs) {
        expect((await trial.ask(`/landfast/v1/${one}/${verb}`, { method: 'POST' })).status).toBe(200)
        expect([one, verb, await may()]).toEqual([one, verb, Array(2).fill(verb === 'enable')])
      }
    }
    expect((await trial.ask(`/landfast/v1/groups/${group}`, { method: 'DELETE' })).status).toBe(200)
    expect(await may()).toEqual([false, false])
    await giveRole(trial, user, { role: ROLE.reader, scope })
    expect(await may()).toEqual([true, true])
  })

  test('what is deleted has no role any more, and its value may be given again under a new id', async () => {
    const trial = await start({ database })
    const { ask, storage } = trial
    const id = await makePerson(trial, 'groups', PLATFORM)
    await giveRole(trial, id, { role: ROLE.reader })
    expect((await ask(`/landfast/v1/groups/${id}`, { method: 'DELETE' })).body).toMatchObject(PLATFORM)
    expect((await ask(`/landfast/v1/groups/${id}`, { method: 'DELETE' })).status).toBe(204)
    const rows = await storage.db
      .selectFrom('role_assignment')
      .select('name')
      .where('principal_id', '=', id)
      .execute()
    expect(rows).toEqual([])
    expect(codeOf(await giveRole(trial, id, { role: ROLE.reader }))).toEqual([400, 'PrincipalNotFound'])
    expect(await makePerson(trial, 'groups', PLATFORM)).not.toBe(id)
  })

  test('a role assignment says what has it, and none is written for something else', async () => {
    const trial = await start({ database })
    const [user, group] = [await makePerson(trial, 'users', ADA), await makePerson(trial, 'groups', PLATFORM)]
    const role = ROLE.reader
    const given = await giveRole(trial, group, { role, principalType: 'Group' })
    expect([given.status, given.body.properties.principalType]).toEqual([201, 'Group'])
    const wrong = await giveRole(trial, user, { role, principalType: 'ServicePrincipal' })
    expect([...codeOf(wrong), wrong.body.error.message]).toEqual([
      400,
      'UnmatchedPrincipalType',
      expect.stringContaining("has type 'User'"),
    ])
    expect((await giveRole(trial, user, { role })).body.properties.principalType).toBe('User')
    const types = async (filter: string) => {
      const { body } = await trial.ask(`${ROLES}&$filter=${encodeURIComponent(filter)}`)
      return body.value
        .map((one: { properties: object }) => one.properties)
        .map(typeOf)
        .toSorted()
    }
    await putIn(trial.storage, user, group)
    expect(await types(`principalId eq '${user}'`)).toEqual(['User'])
    expect(await types(`assignedTo('${user}')`)).toEqual(['Group', 'User'])
    expect(await types(`principalId eq '${trial.owner.principalId}'`)).toEqual(['ServicePrincipal'])
  })

  test('neither a user nor a group is ever given a credential, a token or an app role', async () => {
    const trial = await start({ database })
    const { ask, tenantId } = trial
    for (const id of [await makePerson(trial, 'users', ADA), await makePerson(trial, 'groups', PLATFORM)]) {
      const at = `/landfast/v1/service-principals/${id}`
      const trust = { issuer: 'https://issuer.example.com', subject: 's' }
      for (const [method, path, json] of [
        ['GET', at, undefined],
        ['POST', `${at}/secrets`, {}],
        ['POST', `${at}/enable`, undefined],
        ['PUT', `${at}/federated-credentials/one`, trust],
        ['POST', '/landfast/v1/app-role-assignments', { principalId: id, resource: 'api://a', role: 'r' }],
      ] as const) {
        const { status } = await ask(path, { method, json })
        expect([method, path, status]).toEqual([method, path, 404])
      }
      const form = { grant_type: 'client_credentials', client_id: id, client_secret: 'x' }
      const token = await ask(`/${tenantId}/oauth2/v2.0/token`, {
        method: 'POST',
        text: new URLSearchParams({ ...form, scope: 'https://vault.azure.net/.default' }).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        as: undefined,
      })
      expect([token.status, token.body.access_token]).toEqual([401, undefined])
    }
    const listed = await ask('/landfast/v1/service-principals')
    expect(JSON.stringify(listed.body)).not.toMatch(/platform|ada@/)
  })

  test('az finds a user by its name, and the names of all kinds by their object ids', async () => {
    const trial = await start({ database })
    const { ask, owner } = trial
    const [user, group] = [await makePerson(trial, 'users', ADA), await makePerson(trial, 'groups', PLATFORM)]
    const find = async (collection: string, filter: string, as = owner) => {
      const path = `/v1.0/${collection}?$filter=${encodeURIComponent(filter)}`
      return (await ask(path, { as })).body.value.map(({ id }: { id: string }) => id)
    }
    expect(await find('users', "userPrincipalName eq 'ADA@example.com'")).toEqual([user])
    expect(await find('groups', "userPrincipalName eq 'ada@example.com'")).toEqual([])
    expect(await find('servicePrincipals', "displayName eq 'platform'")).toEqual([])
    const reader = await trial.addCaller({ id: ROLE.reader, scope: `/subscriptions/${trial.subscriptionId}` })
    expect(await find('groups', "displayName eq 'platform'", reader)).toEqual([])
    const named = async (types?: string[]) => {
      const json = { ids: [user, group, owner.principalId], ...(types && { types }) }
      const { body } = await ask('/v1.0/directoryObjects/getByIds', { method: 'POST', json })
      return body.value.map((one: Record<string, string>) => one['@odata.type']).toSorted()
    }
    const type = (name: string) => `#microsoft.graph.${name}`
    expect(await named()).toEqual([type('group'), type('servicePrincipal'), type('user')])
    expect(await named(['user'])).toEqual([type('user')])
    expect(await named(['constructor'])).toEqual([])
  })
})

function typeOf(properties: object): string {
  return (properties as { principalType: string }).principalType
}

test('a group that is Owner of everything does not keep the last administrator from being the last', async () => {
  const trial = await start()
  const { ask, owner, storage } = trial
  const group = await makePerson(trial, 'groups', PLATFORM)
  await storage.db.deleteFrom('role_assignment').where('principal_id', '!=', owner.principalId).execute()
  expect((await giveRole(trial, group, { role: ROLE.owner })).status).toBe(201)
  const { resourceId } = owner.machine.identity
  const disable = await ask('/landfast/v1/machines/disable', { method: 'POST', json: { resourceId } })
  expect(codeOf(disable)).toEqual([409, 'CannotDeleteLastRbacAdminAssignment'])
})

test('who may not give roles makes no user and no group, and who may not read everything sees none', async () => {
  const trial = await start()
  const contributor = await trial.addCaller({ id: ROLE.contributor, scope: '/' })
  const json = PLATFORM
  const made = await trial.ask('/landfast/v1/groups', { method: 'POST', json, as: contributor })
  expect(codeOf(made)).toEqual([403, 'AuthorizationFailed'])
  const reader = await trial.addCaller({ id: ROLE.reader, scope: `/subscriptions/${trial.subscriptionId}` })
  expect((await trial.ask('/landfast/v1/groups', { as: reader })).status).toBe(403)
})

test.each([
  [{ displayName: '', claimValue: 'a' }, 400, 'InvalidDisplayName'],
  [{ displayName: 'a', claimValue: ' ' }, 400, 'InvalidProviderValue'],
  [{ displayName: 'a', claimValue: 'x'.repeat(601) }, 400, 'InvalidProviderValue'],
  [{ displayName: 'a', claimValue: 'a\u0007' }, 400, 'InvalidProviderValue'],
  [{ displayName: 'a' }, 400, 'InvalidRequestContent'],
])('no group is made of %j', async (json, status, code) => {
  const { ask } = await start()
  expect(codeOf(await ask('/landfast/v1/groups', { method: 'POST', json }))).toEqual([status, code])
})

test('without a provider nobody is made, and what is not there is not found', async () => {
  const { ask } = await startTrialResourceManager()
  const made = await ask('/landfast/v1/groups', { method: 'POST', json: PLATFORM })
  expect(codeOf(made)).toEqual([409, 'NoOpenIdProvider'])
  expect(codeOf(await ask(`/landfast/v1/users/${randomUUID()}`))).toEqual([404, 'UserOrGroupNotFound'])
})
