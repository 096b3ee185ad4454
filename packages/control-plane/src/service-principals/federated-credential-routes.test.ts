import { FEDERATED_AUDIENCE, JWT_BEARER } from '@landfast/protocol'
import { expect, test } from 'vitest'
import type { ControlPlane } from '../control-plane.ts'
import { registerTrialMachine, send } from '../testing/trial.ts'
import { codeOf, ROLE, startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const PATH = '/landfast/v1/service-principals'
const GITHUB = {
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'repo:shop/web:ref:refs/heads/main',
}

async function startWithApplication(options: { maxFederatedCredentials?: number } = {}) {
  const trial = await startTrialResourceManager(options)
  const { body } = await trial.ask(PATH, { method: 'POST', json: { displayName: 'deploy' } })
  const application = body as { principalId: string; clientId: string }
  const path = `${PATH}/${application.principalId}`
  const put = (name: string, json: object) =>
    trial.ask(`${path}/federated-credentials/${name}`, { method: 'PUT', json })
  const remove = (name: string) => trial.ask(`${path}/federated-credentials/${name}`, { method: 'DELETE' })
  const show = async () => (await trial.ask(path)).body.federatedCredentials
  return { ...trial, application, path, put, remove, show }
}

test('a credential is made, changed, shown and taken away', async () => {
  const { put, remove, show } = await startWithApplication()
  const made = await put('main-branch', GITHUB)
  const credential = { name: 'main-branch', ...GITHUB, audiences: [FEDERATED_AUDIENCE] }
  expect([made.status, made.body]).toEqual([201, credential])
  expect((await put('Main-Branch', GITHUB)).status).toBe(200)
  const changed = { ...GITHUB, audiences: ['api://shop'] }
  expect((await put('main-branch', changed)).body.audiences).toEqual(['api://shop'])
  await put('a-second', { ...GITHUB, subject: 'repo:shop/web:pull_request' })
  expect((await show()).map(({ name }: { name: string }) => name)).toEqual(['a-second', 'main-branch'])
  expect((await remove('main-branch')).status).toBe(204)
  expect(codeOf(await remove('main-branch'))).toEqual([404, 'CredentialNotFound'])
  expect(await show()).toHaveLength(1)
})

test('of two writers that read the same credential the second one is refused', async () => {
  const { ask, path, put } = await startWithApplication()
  const at = `${path}/federated-credentials/from-ci`
  const { etag } = (await put('from-ci', GITHUB)).headers
  const write = (condition: Record<string, string>, method = 'PUT') =>
    ask(at, { method, headers: condition, ...(method === 'PUT' && { json: { ...GITHUB, subject: 'mine' } }) })
  expect(codeOf(await write({ 'if-none-match': '*' }))).toEqual([412, 'PreconditionFailed'])
  expect((await write({ 'if-match': String(etag) })).status).toBe(200)
  for (const method of ['PUT', 'DELETE']) {
    expect(codeOf(await write({ 'if-match': String(etag) }, method))).toEqual([412, 'PreconditionFailed'])
  }
})

test('the token of a machine proves the application that trusts it, until it no longer does', async () => {
  const trial = await startWithApplication()
  const { application, controlPlane, tenantId, put, remove, tokenFor } = trial
  const machine = await registerTrialMachine(trial)
  const issuer = `${controlPlane.url}/${tenantId}/`
  await put('machine', { issuer, subject: machine.identity.principalId })
  const form = {
    grant_type: 'client_credentials',
    client_id: application.clientId,
    client_assertion_type: JWT_BEARER,
    client_assertion: await tokenFor(machine, FEDERATED_AUDIENCE),
    scope: 'https://vault.azure.net/.default',
  }
  const ask = () =>
    send(controlPlane as ControlPlane, `${controlPlane.url}/${tenantId}/oauth2/v2.0/token`, { form })
  expect((await ask()).status).toBe(200)
  await remove('machine')
  expect((await ask()).body.error_codes).toEqual([70021])
})

test.each([
  ['a', {}, 'InvalidFederatedCredentialName'],
  ['name', { issuer: 'http://issuer.example' }, 'InvalidFederatedIssuer'],
  ['name', { subject: 'repo:shop/*' }, 'InvalidFederatedSubject'],
  ['name', { subject: null }, 'InvalidFederatedClaims'],
  [
    'name',
    { subject: null, claimsMatchingExpression: { value: 'x', languageVersion: 1 } },
    'InvalidClaimsMatchingExpression',
  ],
  [
    'name',
    { subject: null, claimsMatchingExpression: { value: "claims['sub'] matches '*'", languageVersion: 1 } },
    'OpenClaimsMatchingExpression',
  ],
  ['name', { audiences: ['a', 'b'] }, 'InvalidFederatedAudience'],
])('%s with %j is refused', async (name, changes, code) => {
  const { put } = await startWithApplication()
  expect(codeOf(await put(name, { ...GITHUB, ...changes }))).toEqual([400, code])
})

test('the same issuer and subject twice, and more than twenty, are refused', async () => {
  const { put } = await startWithApplication()
  await put('name-0', GITHUB)
  expect(codeOf(await put('name-1', GITHUB))).toEqual([409, 'FederatedCredentialExists'])
  for (let n = 1; n < 20; n += 1) await put(`name-${n}`, { ...GITHUB, subject: `s${n}` })
  const more = await put('more', { ...GITHUB, subject: 'more' })
  expect(codeOf(more)).toEqual([409, 'TooManyFederatedCredentials'])
})

test('an expression is written and shown as it was written', async () => {
  const { put, show } = await startWithApplication()
  const claimsMatchingExpression = {
    value: "claims['sub'] matches 'repo:shop/web:*'",
    languageVersion: 1,
  }
  const { issuer } = GITHUB
  const made = await put('branches', { issuer, claimsMatchingExpression })
  const shown = { name: 'branches', issuer, claimsMatchingExpression, audiences: [FEDERATED_AUDIENCE] }
  expect([made.status, made.body, await show()]).toEqual([201, shown, [shown]])
})

test('as many as the operator allows can be made', async () => {
  const { put } = await startWithApplication({ maxFederatedCredentials: 2 })
  for (const subject of ['a', 'b'])
    expect((await put(`name-${subject}`, { ...GITHUB, subject })).status).toBe(201)
  const more = await put('more', GITHUB)
  expect(codeOf(more)).toEqual([409, 'TooManyFederatedCredentials'])
  expect(more.body.error.message).toContain('at most 2')
})

test('a machine, and nobody, are no applications', async () => {
  const trial = await startWithApplication()
  const machine = await registerTrialMachine(trial)
  for (const id of [machine.identity.principalId, '11111111-1111-4111-8111-111111111111']) {
    const path = `${PATH}/${id}/federated-credentials/name`
    for (const options of [{ method: 'PUT', json: GITHUB }, { method: 'DELETE' }]) {
      expect(codeOf(await trial.ask(path, options))).toEqual([404, 'ServicePrincipalNotFound'])
    }
  }
})

test('who may not assign roles everywhere may not make one', async () => {
  const trial = await startWithApplication()
  const caller = await trial.addCaller({ id: ROLE.contributor, scope: '/' })
  const path = `${PATH}/${trial.application.principalId}/federated-credentials/name`
  const answer = await trial.ask(path, { method: 'PUT', json: GITHUB, as: caller })
  expect(codeOf(answer)).toEqual([403, 'AuthorizationFailed'])
})
