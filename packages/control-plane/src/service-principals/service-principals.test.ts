import { CLIENT_CREDENTIALS } from '@landfast/protocol'
import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { type Answer, send } from '../testing/trial.ts'
import { makeCertificate } from '../testing/trial-certificates.ts'
import {
  MANAGEMENT,
  ROLE,
  startTrialResourceManager,
  type TrialResourceManager,
} from '../testing/trial-resource-manager.ts'

const PATH = '/landfast/v1/service-principals'
const ROLES_PATH = '/landfast/v1/app-role-assignments'
const NOBODY = '11111111-1111-4111-8111-111111111111'

interface Made {
  principalId: string
  clientId: string
}

async function start(): Promise<TrialResourceManager & { made: Made }> {
  const trial = await startTrialResourceManager()
  const { body } = await trial.ask(PATH, { method: 'POST', json: { displayName: 'deploy' } })
  return { ...trial, made: body }
}

async function makeSecret(
  trial: TrialResourceManager,
  { principalId }: Made,
  json: object = {},
): Promise<Answer> {
  return trial.ask(`${PATH}/${principalId}/secrets`, { method: 'POST', json })
}

function askWithSecret(trial: TrialResourceManager, { clientId }: Made, secret: string): Promise<Answer> {
  const url = `${trial.controlPlane.url}/${trial.tenantId}/oauth2/v2.0/token`
  const form = {
    grant_type: CLIENT_CREDENTIALS,
    client_id: clientId,
    client_secret: secret,
    scope: `${MANAGEMENT}/.default`,
  }
  return send(trial.controlPlane as Parameters<typeof send>[0], url, { form })
}

test('an application is made, given a secret that is shown once, and gets a token that Resource Manager knows', async () => {
  const trial = await start()
  const { made } = trial
  const { status, body } = await makeSecret(trial, made, { displayName: 'ci', lifetimeSeconds: 3600 })
  expect([status, body.displayName, body.hint]).toEqual([201, 'ci', body.secret.slice(0, 3)])
  const { body: token } = await askWithSecret(trial, made, body.secret)
  expect(decodeJwt(token.access_token)).toMatchObject({ appid: made.clientId, oid: made.principalId })

  const shown = await trial.ask(`${PATH}/${made.principalId.toUpperCase()}`)
  expect(shown.body).toEqual({
    ...made,
    tenantId: trial.tenantId,
    displayName: 'deploy',
    state: 'enabled',
    createdAt: trial.clock.now().toISOString(),
    secrets: [{ ...body, secret: undefined }],
    certificates: [],
    federatedCredentials: [],
  })
  expect(JSON.stringify(shown.body)).not.toContain(body.secret)
  const listed = await trial.ask('/subscriptions?api-version=2022-12-01', {
    as: { token: token.access_token },
  })
  expect([listed.status, listed.body.value]).toEqual([200, []])
})

test('what a secret or certificate is worth ends with it', async () => {
  const trial = await start()
  const { made } = trial
  const { body: secret } = await makeSecret(trial, made)
  const { pem } = await makeCertificate()
  const path = `${PATH}/${made.principalId}`
  const json = { certificate: pem }
  const { status, body: certificate } = await trial.ask(`${path}/certificates`, { method: 'POST', json })
  expect([status, certificate.kind, certificate.certificate]).toEqual([201, 'certificate', `${pem.trim()}\n`])
  for (const [collection, { id }] of [
    ['secrets', secret],
    ['certificates', certificate],
  ]) {
    const url = `${path}/${collection}/${id}`
    expect((await trial.ask(url, { method: 'DELETE' })).status).toBe(204)
    expect((await trial.ask(url, { method: 'DELETE' })).body.error.code).toBe('CredentialNotFound')
  }
  expect((await askWithSecret(trial, made, secret.secret)).body.error_codes).toEqual([7000215])
})

test('an application is disabled, enabled and deleted, and asking for it again finds nothing', async () => {
  const trial = await start()
  const { made } = trial
  const { secret } = (await makeSecret(trial, made)).body
  const path = `${PATH}/${made.principalId}`
  const statusOfToken = async () => (await askWithSecret(trial, made, secret)).status
  expect((await trial.ask(`${path}/disable`, { method: 'POST' })).body.state).toBe('disabled')
  expect(await statusOfToken()).toBe(400)
  expect((await trial.ask(`${path}/enable`, { method: 'POST' })).body.state).toBe('enabled')
  expect(await statusOfToken()).toBe(200)
  expect((await trial.ask(path, { method: 'DELETE' })).status).toBe(200)
  expect((await trial.ask(path, { method: 'DELETE' })).status).toBe(204)
  expect(await statusOfToken()).toBe(401)
  const after = await trial.ask(path)
  expect([after.status, after.body.error.code]).toEqual([404, 'ServicePrincipalNotFound'])
})

test('a list has every application, a page at a time', async () => {
  const trial = await start()
  for (const displayName of ['b', 'c']) await trial.ask(PATH, { method: 'POST', json: { displayName } })
  const first = (await trial.ask(`${PATH}?$top=2`)).body
  const rest = (await trial.ask(first.nextLink.slice(trial.controlPlane.url.length))).body
  const names = [...first.value, ...rest.value].map(({ displayName }) => displayName)
  expect(names.sort()).toEqual(expect.arrayContaining(['b', 'c', 'deploy']))
  expect(rest).not.toHaveProperty('nextLink')
})

test('an app role is in tokens from the moment it is given until it is taken away', async () => {
  const trial = await start()
  const { made } = trial
  const { secret } = (await makeSecret(trial, made)).body
  const assignment = { principalId: made.principalId, resource: MANAGEMENT, role: 'reader' }
  const rolesNow = async () => decodeJwt((await askWithSecret(trial, made, secret)).body.access_token).roles
  expect(await rolesNow()).toBeUndefined()
  expect((await trial.ask(ROLES_PATH, { method: 'POST', json: assignment })).status).toBe(201)
  expect(await rolesNow()).toEqual(['reader'])
  const list = await trial.ask(`${ROLES_PATH}?principalId=${made.principalId}`)
  expect(list.body.value).toEqual([assignment])
  const query = new URLSearchParams(assignment)
  expect((await trial.ask(`${ROLES_PATH}?${query}`, { method: 'DELETE' })).status).toBe(204)
  expect(await rolesNow()).toBeUndefined()
  const again = await trial.ask(`${ROLES_PATH}?${query}`, { method: 'DELETE' })
  expect([again.status, again.body.error.code]).toEqual([404, 'AppRoleAssignmentNotFound'])
  const unnamed = await trial.ask(ROLES_PATH)
  expect([unnamed.status, unnamed.body.error.code]).toEqual([400, 'InvalidQueryParameter'])
})

test('who may not assign roles may not make credentials, not even as Contributor of everything', async () => {
  const trial = await start()
  const { made } = trial
  const contributor = await trial.addCaller({ id: ROLE.contributor, scope: '/' })
  const reader = await trial.addCaller({ id: ROLE.reader, scope: '/' })
  const stranger = await trial.addCaller()
  const assignment = { principalId: made.principalId, resource: MANAGEMENT, role: 'r' }
  const changes = [
    { path: PATH, options: { method: 'POST', json: { displayName: 'x' } } },
    { path: `${PATH}/${made.principalId}/secrets`, options: { method: 'POST', json: {} } },
    { path: `${PATH}/${made.principalId}/disable`, options: { method: 'POST' } },
    { path: `${PATH}/${made.principalId}`, options: { method: 'DELETE' } },
    { path: ROLES_PATH, options: { method: 'POST', json: assignment } },
  ]
  for (const caller of [contributor, reader, stranger]) {
    for (const { path, options } of changes) {
      const { status, body } = await trial.ask(path, { ...options, as: caller })
      expect([status, body.error.code]).toEqual([403, 'AuthorizationFailed'])
    }
  }
  expect((await trial.ask(PATH, { as: reader })).status).toBe(200)
  expect((await trial.ask(PATH, { as: stranger })).status).toBe(403)
})

test('the last one who may assign roles is neither disabled nor deleted', async () => {
  const trial = await start()
  const { storage } = trial
  const { principalId } = trial.made
  // Only the application is left of those who may assign roles.
  const { secret } = (await makeSecret(trial, trial.made)).body
  await storage.db
    .deleteFrom('role_assignment')
    .where('principal_id', '!=', trial.owner.principalId)
    .execute()
  await storage.db.updateTable('role_assignment').set({ principal_id: principalId }).execute()
  const { body } = await askWithSecret(trial, trial.made, secret)
  const as = { token: body.access_token }
  for (const [path, method] of [
    [`${PATH}/${principalId}/disable`, 'POST'],
    [`${PATH}/${principalId}`, 'DELETE'],
  ] as const) {
    const answer = await trial.ask(path, { method, as })
    expect([answer.status, answer.body.error.code]).toEqual([409, 'CannotDeleteLastRbacAdminAssignment'])
  }
})

const BAD: Record<string, [path: string, json: unknown, status: number, code: string]> = {
  'no name': ['', {}, 400, 'InvalidRequestContent'],
  'a name that is no text': ['', { displayName: 1 }, 400, 'InvalidRequestContent'],
  'a blank name': ['', { displayName: ' ' }, 400, 'InvalidDisplayName'],
  'an unknown property': ['', { displayName: 'x', owner: 'y' }, 400, 'InvalidRequestContent'],
  'a secret for nobody': [`/${NOBODY}/secrets`, {}, 404, 'ServicePrincipalNotFound'],
  'a secret for ever': ['/ID/secrets', { lifetimeSeconds: 1e9 }, 400, 'InvalidSecretLifetime'],
  'a certificate that is none': ['/ID/certificates', { certificate: 'x' }, 400, 'InvalidCertificate'],
}
for (const [what, [path, json, status, code]] of Object.entries(BAD)) {
  test(`${what} is refused`, async () => {
    const trial = await start()
    const url = PATH + path.replace('ID', trial.made.principalId)
    const answer = await trial.ask(url, { method: 'POST', json })
    expect([answer.status, answer.body.error.code]).toEqual([status, code])
  })
}

test('the audit trail has every change with who made it, and no secret', async () => {
  const trial = await start()
  const { made } = trial
  const { secret } = (await makeSecret(trial, made)).body
  await trial.ask(`${PATH}/${made.principalId}`, { method: 'DELETE' })
  const rows = await trial.storage.db
    .selectFrom('audit')
    .selectAll()
    .where('principal_id', '=', made.principalId)
    .orderBy('action')
    .execute()
  expect(rows.map(({ action, client_id }) => [action, client_id])).toEqual(
    ['add-client-secret', 'create-application', 'delete-application'].map((action) => [
      action,
      trial.owner.clientId,
    ]),
  )
  expect(JSON.stringify(rows)).not.toContain(secret)
})
