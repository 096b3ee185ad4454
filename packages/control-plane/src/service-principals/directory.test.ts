import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DATABASES } from '../testing/trial-database.ts'
import {
  codeOf,
  ROLE,
  startTrialResourceManager,
  type TrialCaller,
  type TrialResourceManager,
} from '../testing/trial-resource-manager.ts'

const LIST = '/v1.0/servicePrincipals'

/** The ids that a list with `filter` has for `as`. */
async function found({ ask, owner }: TrialResourceManager, filter: string, as: TrialCaller = owner) {
  const { status, body } = await ask(`${LIST}?$filter=${encodeURIComponent(filter)}`, { as })
  expect(status, JSON.stringify(body)).toBe(200)
  return body.value.map((one: { id: string }) => one.id)
}

function byIds(
  { ask, owner }: TrialResourceManager,
  ids: string[],
  as: TrialCaller = owner,
  types?: string[],
) {
  return ask('/v1.0/directoryObjects/getByIds', { method: 'POST', json: { ids, types }, as })
}

/** An application, as `role assignment create --assignee` is given its client id. */
async function makeApplication({ ask }: TrialResourceManager, displayName: string) {
  const { body } = await ask('/landfast/v1/service-principals', { method: 'POST', json: { displayName } })
  return body as { principalId: string; clientId: string }
}

describe.each(DATABASES)('on %s', (database) => {
  test('a principal is found by its client id, its object id and its name, in any case', async () => {
    const trial = await startTrialResourceManager({ database })
    const { principalId, clientId } = await makeApplication(trial, 'Deploy Ünit')
    for (const filter of [
      `servicePrincipalNames/any(c:c eq '${clientId.toUpperCase()}')`,
      `appId eq '${clientId}'`,
      `id eq '${principalId}' and appId eq '${clientId}'`,
      "displayName eq 'deploy Ünit'",
      "startswith(displayName,'dep')",
    ]) {
      expect(await found(trial, filter), filter).toEqual([principalId])
    }
    for (const filter of [
      `appId eq '${principalId}'`,
      "appId eq 'x'",
      `appId eq '${clientId}' and appId eq '${randomUUID()}'`,
      "displayName eq 'deploy_Ünit'",
      "startswith(displayName,'dep%')",
    ]) {
      expect(await found(trial, filter), filter).toEqual([])
    }
  })

  test('no page tells of a principal that the caller may not see, nor that there is one', async () => {
    const trial = await startTrialResourceManager({ database })
    const { ask, addCaller, owner } = trial
    await makeApplication(trial, 'deploy-one')
    await makeApplication(trial, 'deploy-two')
    const stranger = await addCaller()
    const scope = owner.machine.identity.resourceId.replace(/\/providers\/.*/, '')
    const reader = await addCaller({ id: ROLE.reader, scope: scope.toUpperCase() })
    const ofOne = await addCaller({ id: ROLE.reader, scope: owner.machine.identity.resourceId })
    const pages = async (as: TrialCaller, filter: string) => {
      const { body } = await ask(`${LIST}?$top=1&$filter=${encodeURIComponent(filter)}`, { as })
      return [body.value.length, '@odata.nextLink' in body]
    }
    expect(await pages(owner, "startswith(displayName,'deploy')")).toEqual([1, true])
    for (const as of [stranger, reader, ofOne]) {
      expect(await pages(as, "startswith(displayName,'deploy')")).toEqual([0, false])
    }
    expect(await pages(stranger, '')).toEqual([1, false])
    expect(await pages(reader, '')).toEqual([1, true])
    expect((await found(trial, '', ofOne)).toSorted()).toEqual(
      [ofOne.principalId, owner.principalId].toSorted(),
    )
  })
})

test('object ids get their principals; unknown ones and those of no wanted type are left out', async () => {
  const trial = await startTrialResourceManager()
  const { principalId, clientId } = await makeApplication(trial, 'deploy')
  const { owner, tenantId } = trial
  const { status, body } = await byIds(trial, [principalId, randomUUID(), owner.principalId])
  expect(status).toBe(200)
  expect(body.value).toHaveLength(2)
  expect(body.value).toContainEqual(
    expect.objectContaining({
      '@odata.type': '#microsoft.graph.servicePrincipal',
      id: principalId,
      appId: clientId,
      displayName: 'deploy',
      servicePrincipalType: 'Application',
      appOwnerOrganizationId: tenantId,
    }),
  )
  expect(body.value).toContainEqual(
    expect.objectContaining({
      id: owner.principalId,
      servicePrincipalType: 'ManagedIdentity',
      alternativeNames: ['isExplicit=False', owner.machine.identity.resourceId],
    }),
  )
  expect((await byIds(trial, [principalId], owner, ['user', 'group'])).body.value).toEqual([])
})

test('a caller finds no more than it may read elsewhere, itself always', async () => {
  const trial = await startTrialResourceManager()
  const { ask, addCaller, subscriptionId, owner } = trial
  const application = await makeApplication(trial, 'deploy')
  const stranger = await addCaller()
  const reader = await addCaller({ id: ROLE.reader, scope: `/subscriptions/${subscriptionId}` })
  const wanted = [application.principalId, owner.principalId, stranger.principalId]
  const idsFor = async (as: TrialCaller) =>
    (await byIds(trial, wanted, as)).body.value.map((one: { id: string }) => one.id).toSorted()
  expect(await idsFor(stranger)).toEqual([stranger.principalId])
  expect(await idsFor(reader)).toEqual([owner.principalId, stranger.principalId].toSorted())
  expect(await idsFor(owner)).toEqual(wanted.toSorted())
  expect(await found(trial, '', stranger)).toEqual([stranger.principalId])
  expect(await found(trial, `appId eq '${application.clientId}'`, reader)).toEqual([])
  const hidden = await ask(`/v1.0/directoryObjects/${application.principalId}`, { as: reader })
  const absent = await ask(`/v1.0/directoryObjects/${randomUUID()}`, { as: reader })
  for (const answer of [hidden, absent]) expect(codeOf(answer)).toEqual([404, 'Request_ResourceNotFound'])
  expect((await byIds(trial, wanted, { ...stranger, token: 'x' })).status).toBe(401)
})

test('a deleted principal is found no more', async () => {
  const trial = await startTrialResourceManager()
  const { principalId, clientId } = await makeApplication(trial, 'deploy')
  await trial.ask(`/landfast/v1/service-principals/${principalId}`, { method: 'DELETE' })
  expect(await found(trial, `appId eq '${clientId}'`)).toEqual([])
  expect((await byIds(trial, [principalId])).body.value).toEqual([])
})

test('lists come in pages, of which some may be short', async () => {
  const trial = await startTrialResourceManager()
  const callers = await Promise.all([trial.addCaller(), trial.addCaller()])
  const [stranger] = callers
  const pages = async (as?: TrialCaller) => {
    const ids: string[] = []
    let path: string | undefined = `${LIST}?$top=1`
    while (path) {
      const { body } = await trial.ask(path, as ? { as } : {})
      ids.push(...body.value.map((one: { id: string }) => one.id))
      path = body['@odata.nextLink']?.slice(trial.controlPlane.url.length)
    }
    return ids
  }
  expect(await pages(stranger)).toEqual([stranger.principalId])
  expect((await pages()).length).toBeGreaterThanOrEqual(3)
})

test('where there are no users and no groups none is found, and no token is that of one', async () => {
  const { ask } = await startTrialResourceManager()
  for (const collection of ['users', 'groups']) {
    const path = `/v1.0/${collection}?$filter=userPrincipalName%20eq%20'a@b.example'`
    expect((await ask(path)).body).toEqual({ value: [] })
  }
  expect(codeOf(await ask('/v1.0/me'))).toEqual([400, 'BadRequest'])
})

test('refusals have the form of Graph', async () => {
  const { ask } = await startTrialResourceManager()
  const filter = (text: string) => `${LIST}?$filter=${encodeURIComponent(text)}`
  for (const [path, status, code, as] of [
    [filter("displayName ne 'x'"), 400, 'Request_UnsupportedQuery'],
    [filter("mail eq 'x'"), 400, 'Request_UnsupportedQuery'],
    [`${LIST}?$search=x`, 400, 'Request_UnsupportedQuery'],
    [`${LIST}?$top=0`, 400, 'Request_BadRequest'],
    [`${LIST}/x`, 400, 'Request_BadRequest'],
    ['/v1.0/deviceManagement', 400, 'BadRequest'],
    ['/beta/users', 400, 'BadRequest'],
    ['/v1.0/me', 401, 'InvalidAuthenticationToken', undefined],
    [LIST, 401, 'InvalidAuthenticationToken', undefined],
  ] as const) {
    const answer = await ask(path, as === undefined && status === 401 ? { as } : {})
    expect(codeOf(answer), path).toEqual([status, code])
    expect(Object.keys(answer.body.error.innerError)).toEqual(['request-id', 'client-request-id'])
  }
  const unreadable = await ask('/v1.0/directoryObjects/getByIds', { method: 'POST', text: '{' })
  expect(codeOf(unreadable)).toEqual([400, 'Request_BadRequest'])
})
