import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { ROLE } from '../authorization/role-definitions.ts'
import { startTrialIdentities, type TrialIdentities } from '../testing/trial-identities.ts'
import { codeOf } from '../testing/trial-resource-manager.ts'

const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
const HERE = { location: 'West Europe', tags: { team: 'a' } }

let trial: TrialIdentities
beforeEach(async () => {
  trial = await startTrialIdentities()
})

function put(name: string, json: object = HERE, headers: Record<string, string> = {}) {
  return trial.at(`${trial.identities}/${name}`, { method: 'PUT', json, headers })
}

test('an identity is made, read and listed', async () => {
  const made = await put('Web')
  expect([made.status, made.body]).toEqual([
    201,
    {
      id: `${trial.identities}/Web`,
      name: 'Web',
      type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
      location: 'westeurope',
      tags: { team: 'a' },
      properties: {
        tenantId: trial.tenantId,
        principalId: expect.stringMatching(GUID),
        clientId: expect.stringMatching(GUID),
        isolationScope: 'None',
      },
    },
  ])
  const read = await trial.at(`${trial.identities}/WEB`)
  expect([read.status, read.body, read.headers.etag]).toEqual([200, made.body, made.headers.etag])
  expect((await trial.at(trial.identities)).body).toEqual({ value: [made.body] })
  const all = `/subscriptions/${trial.subscriptionId}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`
  expect((await trial.at(all)).body).toEqual({ value: [made.body] })
})

function list(query: Record<string, string>) {
  const search = new URLSearchParams({ 'api-version': '2024-11-30', ...query })
  return trial.ask(`${trial.identities}?${search}`)
}

test('identities are found by any of their ids, or by how their names begin, in any case', async () => {
  const { body: made } = await put('Web-1')
  await put('web-2')
  await put('other')
  const found = async (search: string) => {
    const { body } = await list({ $search: search })
    return body.value.map(({ name }: { name: string }) => name)
  }
  expect(await found('WEB-')).toEqual(['Web-1', 'web-2'])
  expect(await found(' ')).toEqual(['other', 'Web-1', 'web-2'])
  for (const id of [made.id, made.properties.clientId, made.properties.principalId.toUpperCase()]) {
    expect(await found(id)).toEqual(['Web-1'])
  }
  for (const nothing of ['eb-1', 'web%', '_eb', randomUUID(), '/subscriptions']) {
    expect([nothing, await found(nothing)]).toEqual([nothing, []])
  }
})

test('the pages of a search follow each other, and none of another list is taken for one of it', async () => {
  for (const name of ['web-1', 'web-2', 'web-3', 'other']) await put(name)
  const { body } = await list({ $search: 'web', $top: '2' })
  const next = (link: string) => trial.ask(link.slice(link.indexOf('/subscriptions/')))
  const second = await next(body.nextLink)
  expect([body.value.length, second.body.value.length, second.body.nextLink]).toEqual([2, 1, undefined])
  expect(codeOf(await next(body.nextLink.replace('search=web', 'search=other')))).toEqual([
    400,
    'InvalidQueryParameter',
  ])
})

test.each([
  [{ $filter: 'x' }, 'InvalidFilterInQueryString'],
  [{ $search: 'x'.repeat(1_001) }, 'InvalidQueryParameter'],
])('what does not narrow the list is refused: %j', async (query, code) => {
  expect(codeOf(await list(query as Record<string, string>))).toEqual([400, code])
})

test('a second PUT keeps the ids and changes the tags', async () => {
  const made = await put('web')
  const again = await put('web', { location: 'westeurope', tags: { team: 'b' } })
  expect(again.status).toBe(200)
  expect(again.body).toEqual({ ...made.body, tags: { team: 'b' } })
  expect(again.headers.etag).not.toBe(made.headers.etag)
})

test('a PATCH changes the tags and nothing else', async () => {
  const made = await put('web')
  const patched = await trial.at(`${trial.identities}/web`, { method: 'PATCH', json: { tags: { x: 'y' } } })
  expect([patched.status, patched.body]).toEqual([200, { ...made.body, tags: { x: 'y' } }])
  const untouched = await trial.at(`${trial.identities}/web`, { method: 'PATCH', json: {} })
  expect(untouched.body).toEqual(patched.body)
  const nowhere = await trial.at(`${trial.identities}/nobody`, { method: 'PATCH', json: {} })
  expect(codeOf(nowhere)).toEqual([404, 'ResourceNotFound'])
})

test('lists come in pages', async () => {
  for (const name of ['id-c', 'id-a', 'id-b']) await put(name)
  const names: string[] = []
  let link: string | undefined = `${trial.identities}?api-version=2024-11-30&$top=2`
  while (link) {
    const { body } = await trial.ask(link)
    names.push(...body.value.map(({ name }: { name: string }) => name))
    link = body.nextLink?.slice(trial.controlPlane.url.length)
  }
  expect(names).toEqual(['id-a', 'id-b', 'id-c'])
})

test('of two writers that read the same version one is told', async () => {
  const { headers } = await put('web')
  const condition = { 'If-Match': String(headers.etag) }
  expect((await put('web', { ...HERE, tags: { by: 'one' } }, condition)).status).toBe(200)
  const second = await put('web', { ...HERE, tags: { by: 'two' } }, condition)
  expect(codeOf(second)).toEqual([412, 'PreconditionFailed'])
})

test('a deleted identity is gone, and one of its name is another', async () => {
  const made = await put('web')
  expect((await trial.at(made.body.id, { method: 'DELETE' })).status).toBe(200)
  expect((await trial.at(made.body.id, { method: 'DELETE' })).status).toBe(204)
  expect(codeOf(await trial.at(made.body.id))).toEqual([404, 'ResourceNotFound'])
  const successor = await put('web')
  expect(successor.status).toBe(201)
  for (const id of ['principalId', 'clientId']) {
    expect(successor.body.properties[id]).not.toBe(made.body.properties[id])
  }
})

test('with an identity go its roles, the roles on it and its federated credentials', async () => {
  const reader = await trial.addCaller()
  const { principalId, resourceId } = await trial.makeIdentity()
  const assignments = '/providers/Microsoft.Authorization/roleAssignments'
  for (const [scope, who] of [
    [trial.group, principalId],
    [resourceId, reader.principalId],
  ]) {
    const given = await trial.ask(`${scope}${assignments}/${randomUUID()}?api-version=2022-04-01`, {
      method: 'PUT',
      json: {
        properties: { roleDefinitionId: `/providers/x/roleDefinitions/${ROLE.reader}`, principalId: who },
      },
    })
    expect(given.status).toBe(201)
  }
  await trial.at(`${resourceId}/federatedIdentityCredentials/ci1`, {
    method: 'PUT',
    json: { properties: { issuer: 'https://ci.example', subject: 'a', audiences: ['b'] } },
  })
  expect(codeOf(await trial.at(resourceId, { method: 'DELETE' }))).toEqual([200, undefined])
  const { db } = trial.storage
  expect(await db.selectFrom('federated_credential').selectAll().execute()).toEqual([])
  const left = await db.selectFrom('role_assignment').select(['scope', 'principal_id']).execute()
  expect(left.filter(({ scope }) => scope !== '/')).toEqual([])
})

test('an identity goes with its resource group', async () => {
  const { principalId, resourceId } = await trial.makeIdentity()
  const { machine } = trial.owner
  await trial.writeMachine(machine, {
    type: 'SystemAssigned, UserAssigned',
    userAssignedIdentities: { [resourceId]: {} },
  })
  const deleted = await trial.ask(`${trial.group}?api-version=2025-04-01`, { method: 'DELETE' })
  expect(deleted.status).toBe(200)
  const { db } = trial.storage
  const principal = await db
    .selectFrom('principal')
    .select('state')
    .where('id', '=', principalId)
    .executeTakeFirst()
  expect(principal?.state).toBe('deleted')
  expect((await trial.at(machine.identity.resourceId)).body.identity.type).toBe('SystemAssigned')
  const actions = await db
    .selectFrom('audit')
    .select('action')
    .where('principal_id', '=', principalId)
    .execute()
  expect(actions.map(({ action }) => action)).toContain('delete-identity')
})

test.each(['2018-11-30', '2024-11-30', '2025-01-31-preview', '2025-05-31-preview'])(
  'the version %s, which a released client sends, is known',
  async (version) => {
    expect((await trial.ask(`${trial.identities}?api-version=${version}`)).status).toBe(200)
  },
)

describe('refused is', () => {
  test.each(['ab', '-web', 'a.b', 'x'.repeat(129), 'a b'])('the name "%s"', async (name) => {
    expect(codeOf(await put(encodeURIComponent(name)))).toEqual([400, 'InvalidResourceName'])
  })

  test('an identity in a group that is not there', async () => {
    const elsewhere = trial.identities.replace('/ids/', '/nowhere/')
    const answer = await trial.at(`${elsewhere}/web`, { method: 'PUT', json: HERE })
    expect(codeOf(answer)).toEqual([404, 'ResourceGroupNotFound'])
    expect(codeOf(await trial.at(elsewhere))).toEqual([404, 'ResourceGroupNotFound'])
  })

  test('another location than it has, or none', async () => {
    expect(codeOf(await put('web', {}))).toEqual([400, 'LocationRequired'])
    await put('web')
    expect(codeOf(await put('web', { location: 'elsewhere' }))).toEqual([409, 'InvalidResourceLocation'])
    expect((await put('web', {})).status).toBe(200)
  })

  test.each([
    { location: 7 },
    { location: 'here', tags: { a: 1 } },
    { location: 'here', properties: { isolationScope: 'Regional' } },
    { location: 'here', properties: { assignmentRestrictions: { providers: ['Microsoft.Compute'] } } },
  ])('the body %j', async (json) => {
    expect(codeOf(await put('web', json))).toEqual([400, 'InvalidRequestContent'])
  })

  test('an api-version that is unknown', async () => {
    const answer = await trial.ask(`${trial.identities}?api-version=1999-01-01`)
    expect(codeOf(answer)).toEqual([400, 'NoRegisteredProviderFound'])
    expect(answer.body.error.message).toContain('2024-11-30')
  })
})

test('the system-assigned identity of a machine is a resource too', async () => {
  const { identity } = trial.owner.machine
  const { body } = await trial.ask(
    `${identity.resourceId}/providers/Microsoft.ManagedIdentity/identities/default?api-version=2024-11-30`,
  )
  const { tenantId, principalId, clientId } = identity
  expect(body).toMatchObject({ name: 'default', properties: { tenantId, principalId, clientId } })
})
