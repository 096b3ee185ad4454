import type { Identity } from '@landfast/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ArmRequest } from '../arm/arm-route.ts'
import type { Storage } from '../storage/storage.ts'
import { startTrialIdentities, type TrialIdentities } from '../testing/trial-identities.ts'
import { codeOf } from '../testing/trial-resource-manager.ts'
import { federatedCredentialRoutes } from './federated-credential-routes.ts'

const PROPERTIES = {
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'repo:me/app:ref:refs/heads/main',
  audiences: ['api://AzureADTokenExchange'],
}

let trial: TrialIdentities
let identity: Identity
let list: string

beforeEach(async () => {
  trial = await startTrialIdentities()
  identity = await trial.makeIdentity()
  list = `${identity.resourceId}/federatedIdentityCredentials`
})

function put(name: string, changes: object = {}, headers: Record<string, string> = {}) {
  const json = { properties: { ...PROPERTIES, ...changes } }
  return trial.at(`${list}/${name}`, { method: 'PUT', json, headers })
}

test('a credential is written, read, listed and deleted', async () => {
  const made = await put('GitHub')
  expect([made.status, made.body]).toEqual([
    201,
    {
      id: `${list}/GitHub`,
      name: 'GitHub',
      type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
      properties: PROPERTIES,
    },
  ])
  const read = await trial.at(`${list}/github`)
  expect([read.body, read.headers.etag]).toEqual([made.body, made.headers.etag])
  expect((await trial.at(list)).body).toEqual({ value: [made.body] })
  expect((await trial.at(`${list}/GITHUB`, { method: 'DELETE' })).status).toBe(200)
  expect((await trial.at(`${list}/github`, { method: 'DELETE' })).status).toBe(204)
  expect(codeOf(await trial.at(`${list}/github`))).toEqual([404, 'ResourceNotFound'])
})

const EXPRESSION = { value: "claims['sub'] matches 'repo:me/app:ref:refs/heads/*'", languageVersion: 1 }
const BY_EXPRESSION = { subject: undefined, claimsMatchingExpression: EXPRESSION }

test('an expression is written in the place of a subject, read, and changed for one', async () => {
  const { issuer, audiences } = PROPERTIES
  const made = await put('branches', { ...BY_EXPRESSION, subject: null })
  expect([made.status, made.body.properties]).toEqual([
    201,
    { issuer, claimsMatchingExpression: EXPRESSION, audiences },
  ])
  expect((await trial.at(`${list}/branches`)).body).toEqual(made.body)
  const same = await put('branches', BY_EXPRESSION)
  expect([same.status, same.headers.etag]).toEqual([200, made.headers.etag])
  const subject = await put('branches', { claimsMatchingExpression: null })
  expect([subject.status, subject.body.properties]).toEqual([200, PROPERTIES])
  expect(subject.headers.etag).not.toBe(made.headers.etag)
})

test('writing the same again changes nothing, writing another changes the ETag', async () => {
  const first = await put('ci-1')
  const same = await put('ci-1')
  expect([same.status, same.headers.etag]).toEqual([200, first.headers.etag])
  const other = await put('ci-1', { subject: 'repo:me/app:environment:prod' })
  expect([other.status, other.body.properties.subject]).toEqual([200, 'repo:me/app:environment:prod'])
  expect(other.headers.etag).not.toBe(first.headers.etag)
})

test('a bad name is refused even where it is another spelling of a kept one', async () => {
  await put('key1')
  // The Kelvin sign is a "k" in lower case.
  expect(codeOf(await put('%E2%84%AAey1', { subject: 'other' }))).toEqual([400, 'InvalidResourceName'])
  expect((await trial.at(`${list}/key1`)).body.properties).toEqual(PROPERTIES)
})

test.each(['my gh cred', 'ä', '<b>', 'a/b/c', '...', 'ab', '-ab'])(
  'for the name "%s" the rule of names is told, also to an Owner',
  async (name) => {
    const { status, body } = await put(encodeURIComponent(name))
    expect([status, body.error.message]).toEqual([
      400,
      expect.stringContaining('It has 3 to 120 letters, digits'),
    ])
  },
)

test('a body that says whose credential it is, is refused, since the path does', async () => {
  const other = await trial.makeIdentity('other')
  const { principalId } = other
  expect(codeOf(await put('ci-1', { principalId }))).toEqual([400, 'InvalidRequestContent'])
  for (const owner of [other.resourceId, identity.resourceId]) {
    expect((await trial.at(`${owner}/federatedIdentityCredentials`)).body.value).toEqual([])
  }
})

test('of two writers that read the same version one is told', async () => {
  const { headers } = await put('ci-1')
  const condition = { 'If-Match': String(headers.etag) }
  expect((await put('ci-1', { subject: 'a' }, condition)).status).toBe(200)
  expect(codeOf(await put('ci-1', { subject: 'b' }, condition))).toEqual([412, 'PreconditionFailed'])
})

test('of writers that overlap one succeeds, under whatever names they write', async () => {
  const { storage, clock } = trial
  const overlapped: Storage = {
    ...storage,
    change: async (work) => {
      expect((await put('first', { subject: 'first' })).status).toBe(201)
      return storage.change(work)
    },
  }
  const names = { tenantId: trial.tenantId, origin: trial.controlPlane.url, issuerV1: '' }
  const route = federatedCredentialRoutes({ storage: overlapped, names, maxFederatedCredentials: 20 }).find(
    ({ method }) => method === 'PUT',
  )
  const [, , subscriptionId = '', , resourceGroupName = ''] = identity.resourceId.split('/')
  const identityName = identity.resourceId.split('/').at(-1) ?? ''
  const request = {
    params: {
      subscriptionId,
      resourceGroupName,
      identityName,
      federatedIdentityCredentialResourceName: 'second',
    },
    headers: {},
    body: { properties: PROPERTIES },
    time: clock.now(),
  }
  // What is asked after the refusal is left out.
  await expect(route?.handle(request as unknown as ArmRequest)).rejects.toMatchObject({
    status: 409,
    code: 'ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity',
  })
  const { body } = await trial.at(list)
  expect(body.value.map(({ name }: { name: string }) => name)).toEqual(['first'])
})

test('lists come in pages', async () => {
  for (const name of ['ccc', 'aaa', 'bbb']) await put(name, { subject: name })
  const first = await trial.ask(`${list}?api-version=2024-11-30&$top=2`)
  const second = await trial.ask(first.body.nextLink.slice(trial.controlPlane.url.length))
  const names = [...first.body.value, ...second.body.value].map(({ name }) => name)
  expect(names).toEqual(['aaa', 'bbb', 'ccc'])
  expect(second.body.nextLink).toBeUndefined()
})

describe('refused is', () => {
  test.each([
    ['an issuer without TLS', { issuer: 'http://ci.example' }],
    ['a subject with a wildcard', { subject: 'repo:me/*' }],
    ['a subject and an expression', { claimsMatchingExpression: EXPRESSION }],
    ['neither of them', { subject: undefined }],
    [
      'an expression that is none',
      { ...BY_EXPRESSION, claimsMatchingExpression: { value: 'x', languageVersion: 1 } },
    ],
    [
      'an expression that lets everything in',
      {
        ...BY_EXPRESSION,
        claimsMatchingExpression: { value: "claims['sub'] matches '*'", languageVersion: 1 },
      },
    ],
    ['two audiences', { audiences: ['a', 'b'] }],
    ['no audience', { audiences: [] }],
  ])('%s', async (_, changes) => {
    const answer = await put('ci-1', changes)
    expect(codeOf(answer)).toEqual([400, 'InvalidFederatedIdentityCredential'])
    expect((await trial.at(list)).body.value).toEqual([])
  })

  test.each([
    [{ issuer: 7 }],
    [{ audiences: 'a' }],
    [{ subject: 7 }],
    [{ ...BY_EXPRESSION, claimsMatchingExpression: { ...EXPRESSION, languageVersion: 2 } }],
    [{ ...BY_EXPRESSION, claimsMatchingExpression: { value: EXPRESSION.value } }],
    [{ ...BY_EXPRESSION, claimsMatchingExpression: { ...EXPRESSION, more: 'x' } }],
    [{ ...BY_EXPRESSION, claimsMatchingExpression: EXPRESSION.value }],
  ])('the wrong type: %j', async (changes) => {
    expect(codeOf(await put('ci-1', changes))).toEqual([400, 'InvalidRequestContent'])
  })

  test('issuer and subject of another one', async () => {
    await put('ci-1')
    expect(codeOf(await put('ci-2'))).toEqual([409, 'FederatedIdentityCredentialExists'])
    await put('ci-3', BY_EXPRESSION)
    expect(codeOf(await put('ci-4', BY_EXPRESSION))).toEqual([409, 'FederatedIdentityCredentialExists'])
  })

  test('the twenty-first', async () => {
    for (let number = 1; number <= 20; number += 1) {
      expect((await put(`ci-${number}`, { subject: `s${number}` })).status).toBe(201)
    }
    expect(codeOf(await put('ci-21', { subject: 's21' }))).toEqual([
      409,
      'TooManyFederatedIdentityCredentials',
    ])
  })

  test('one of an identity that is not there', async () => {
    list = `${trial.identities}/nobody/federatedIdentityCredentials`
    expect(codeOf(await put('ci-1'))).toEqual([404, 'ResourceNotFound'])
    expect(codeOf(await trial.at(list))).toEqual([404, 'ResourceNotFound'])
  })
})

test('the audit trail says who wrote and deleted it', async () => {
  await put('ci-1')
  await trial.at(`${list}/ci-1`, { method: 'DELETE' })
  const rows = await trial.storage.db
    .selectFrom('audit')
    .select(['action', 'client_id', 'principal_id'])
    .where('resource_id', '=', `${list}/ci-1`)
    .orderBy('action')
    .execute()
  const who = { client_id: trial.owner.clientId, principal_id: identity.principalId }
  expect(rows).toEqual([
    { action: 'delete-federated-credential', ...who },
    { action: 'write-federated-credential', ...who },
  ])
})
