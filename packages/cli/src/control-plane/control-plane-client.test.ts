import { readFile } from 'node:fs/promises'
import { createHttpsClient } from '@landfast/agent/upstream'
import type { AdministratorFile } from '@landfast/control-plane'
import { createProxies, parseProxyUrl } from '@landfast/server/proxy'
import { expect, onTestFinished, test } from 'vitest'
import { startAuthority } from '../../../../test/agent/authority.ts'
import { startDatedServer } from '../../../../test/agent/dated-server.ts'
import { startTrial } from '../../../control-plane/src/testing/trial.ts'
import { explainRefusal } from '../administration/refusal-advice.ts'
import { explainFailure } from '../usage/failure.ts'
import {
  type ControlPlaneClient,
  type ControlPlaneClientOptions,
  createControlPlaneClient,
} from './control-plane-client.ts'
import { type ControlPlaneCredential, fetchToken } from './control-plane-token.ts'
import { trailHint } from './trail-hint.ts'

const SUBSCRIPTIONS = { apiVersion: '2022-12-01' }

async function setUp(changes: Partial<ControlPlaneClientOptions> = {}) {
  const { controlPlane } = await startTrial()
  const file = await readFile(controlPlane.administratorFile ?? '', 'utf8')
  const administrator = JSON.parse(file) as AdministratorFile
  const { clientId, clientSecret: secret } = administrator
  const client = await createControlPlaneClient({
    url: controlPlane.url,
    ca: await readFile(controlPlane.caFile, 'utf8'),
    credential: { kind: 'secret', clientId, secret },
    ...changes,
  })
  onTestFinished(() => client.close())
  return { controlPlane, administrator, client }
}

test('the administrator lists subscriptions, and the tenant is found by itself', async () => {
  const { client, administrator, controlPlane } = await setUp()
  expect(await client.authority()).toBe(`${controlPlane.url}/${administrator.tenantId}`)
  const subscriptions = await client.list('/subscriptions', SUBSCRIPTIONS)
  expect(subscriptions).toMatchObject([{ subscriptionId: administrator.subscriptionId }])
})

test('what is refused keeps the status, code and sentence of the control plane', async () => {
  const { client } = await setUp()
  const missing = '00000000-0000-0000-0000-000000000000'
  await expect(client.call('GET', `/subscriptions/${missing}`, SUBSCRIPTIONS)).rejects.toMatchObject({
    name: 'ControlPlaneRefusal',
    status: 404,
    code: 'SubscriptionNotFound',
    message: expect.stringContaining(missing),
  })
})

test('a wrong secret is a refused credential, and is not repeated', async () => {
  const { client } = await setUp({
    credential: { kind: 'secret', clientId: '11111111-2222-4333-8444-555555555555', secret: 'MARKED-SECRET' },
  })
  const error = await client.list('/subscriptions', SUBSCRIPTIONS).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'credentials_refused', exitCode: 41 })
  expect(error.message).toContain('AADSTS7000215')
  expect(error.message).not.toContain('MARKED')
  const [, traceId = ''] = /Trace ID: (\S+)/.exec(error.message) ?? []
  expect(error.hints).toEqual([expect.stringContaining(`landfast control-plane audit --id ${traceId}"`)])
})

test('what is refused for want of a right names the command and the page that show its entry', async () => {
  const { controlPlane, client } = await setUp()
  const { client: other } = await setUp({
    url: controlPlane.url,
    ca: await readFile(controlPlane.caFile, 'utf8'),
    credential: await withoutRole(client),
  })
  const error = await other.call('GET', '/landfast/v1/audit').catch((thrown) => thrown)
  expect(error).toMatchObject({ status: 403, code: 'AuthorizationFailed' })
  const explained = explainFailure(explainRefusal(error))
  const hint = explained.complaint?.hints.at(-1) ?? ''
  const [, id = '', page = ''] = /--correlation-id (\S+)", or (\S+)$/.exec(hint) ?? []
  expect(page).toBe(`${controlPlane.url}/portal/find?q=${id}`)
  const { body } = await client.call('GET', `/landfast/v1/audit?correlationId=${id}`)
  expect(body.value).toMatchObject([{ outcome: 'refused', code: 'AuthorizationFailed', correlationId: id }])
})

test('what no trail keeps has no such hint, and neither has an id that is none', async () => {
  const { client } = await setUp()
  const missing = '00000000-0000-0000-0000-000000000000'
  const error = await client.call('GET', `/subscriptions/${missing}`, SUBSCRIPTIONS).catch((thrown) => thrown)
  expect([error.trailHint, explainFailure(explainRefusal(error)).complaint?.hints.length]).toEqual([
    undefined,
    1,
  ])
  expect(trailHint('https://x', '--id', '$(id)')).toBeUndefined()
})

/** The secret of a new application that has no role. */
async function withoutRole(client: ControlPlaneClient): Promise<ControlPlaneCredential> {
  const made = await client.call('POST', '/landfast/v1/service-principals', {
    body: { displayName: 'other' },
  })
  const { principalId, clientId } = made.body as { principalId: string; clientId: string }
  const { body } = await client.call('POST', `/landfast/v1/service-principals/${principalId}/secrets`, {
    body: {},
  })
  return { kind: 'secret', clientId, secret: String(body.secret) }
}

test('a token that was brought along is sent as it is', async () => {
  const { client } = await setUp({ credential: { kind: 'token', accessToken: 'no-token' } })
  await expect(client.list('/subscriptions', SUBSCRIPTIONS)).rejects.toMatchObject({
    status: 401,
    code: 'InvalidAuthenticationToken',
  })
})

test('a control plane of another CA is not spoken to, and the hint says how it would be', async () => {
  const { registration } = await startAuthority()
  const { client } = await setUp({ ca: registration.ca })
  await expect(client.list('/subscriptions', SUBSCRIPTIONS)).rejects.toMatchObject({
    code: 'control_plane_unreachable',
    exitCode: 26,
    hints: [expect.stringContaining('--ca-file')],
  })
})

test('one that is down is unreachable, one that is none of ours as well', async () => {
  const authority = await startAuthority()
  const { client } = await setUp({ url: authority.url, ca: authority.registration.ca })
  await expect(client.list('/subscriptions')).rejects.toMatchObject({ code: 'control_plane_unreachable' })
  await authority.stop()
  await expect(client.list('/subscriptions')).rejects.toMatchObject({ code: 'control_plane_unreachable' })
})

test('where a proxy stands in the way, that is the failure, with its own exit code', async () => {
  const proxy = parseProxyUrl('http://127.0.0.1:9')
  const { client } = await setUp({
    url: 'https://id.test:8443',
    proxies: createProxies({ proxy, bypass: '' }, {}),
  })
  await expect(client.list('/subscriptions')).rejects.toMatchObject({
    code: 'proxy_failed',
    exitCode: 26,
    message: expect.stringContaining('"http://127.0.0.1:9"'),
  })
})

test('every page of a list is read, also where the control plane calls itself by another name', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const { client, controlPlane } = await setUp()
    await client.call('POST', '/landfast/v1/service-principals', { body: { displayName: 'second' } })
    const url = new URL(controlPlane.url)
    url.hostname = host
    const { client: other } = await setUp({
      url: url.origin,
      ca: await readFile(controlPlane.caFile, 'utf8'),
      credential: await credentialOf(controlPlane.administratorFile),
    })
    expect(await other.list('/landfast/v1/service-principals?$top=1'), host).toHaveLength(2)
  }
})

test('where Resource Manager has no authority beside it, as at Azure, the token is asked for where it says', async () => {
  const [manager, login] = [await startAuthority(), await startAuthority()]
  manager.discover = () => ({ status: 404, json: {} })
  const challenge = `Bearer authorization="${login.registration.authority}", error="invalid_token"`
  manager.answer = ({ headers }) =>
    headers.authorization === undefined
      ? { status: 401, json: {}, headers: { 'WWW-Authenticate': challenge } }
      : { json: { value: [headers.authorization] } }
  const { client } = await setUp({
    url: manager.url,
    ca: `${manager.registration.ca}\n${login.registration.ca}`,
    credential: { kind: 'secret', clientId: 'c', secret: 'MARKED-SECRET' },
  })
  expect(await client.list('/subscriptions', SUBSCRIPTIONS)).toEqual(['Bearer the-token'])
  expect(login.seen.map(({ form }) => form.get('client_secret'))).toEqual(['MARKED-SECRET'])
  expect(JSON.stringify(manager.seen.map(({ form }) => [...form]))).not.toContain('MARKED')
})

async function credentialOf(file = ''): Promise<ControlPlaneCredential> {
  const { clientId, clientSecret: secret } = JSON.parse(await readFile(file, 'utf8'))
  return { kind: 'secret', clientId, secret }
}

test('a refusal that asks to wait says how long, of a call and of a token', async () => {
  const authority = await startAuthority()
  const error = { error: { code: 'TooManyRequests', message: 'Wait.' }, error_description: 'wait' }
  authority.answer = () => ({ status: 429, json: error, headers: { 'Retry-After': '17' } })
  const { client } = await setUp({
    url: authority.url,
    ca: authority.registration.ca,
    credential: { kind: 'token', accessToken: 'x' },
  })
  const said = { message: expect.stringMatching(/ait\.? \(Retry-After: 17 seconds\)$/) }
  await expect(client.list('/list')).rejects.toMatchObject(said)
  const https = createHttpsClient(authority.registration.ca)
  onTestFinished(() => https.close())
  const credential = { kind: 'secret', clientId: 'c', secret: 's' } as const
  const request = { https, authority: authority.url, credential, now: () => new Date() }
  await expect(fetchToken({ ...request, signal: AbortSignal.timeout(60_000) })).rejects.toMatchObject(said)
})

test('a page of another server is not asked for, and the list is none without it', async () => {
  const authority = await startAuthority()
  authority.answer = ({ path }) => {
    if (path.startsWith('/list?')) return { json: { value: [1, 2], nextLink: `${authority.url}/list-2` } }
    return { json: { value: [3], nextLink: 'https://127.0.0.1:9/list-3' } }
  }
  const { client } = await setUp({
    url: authority.url,
    ca: authority.registration.ca,
    credential: { kind: 'token', accessToken: 'x' },
  })
  await expect(client.list('/list', SUBSCRIPTIONS)).rejects.toMatchObject({
    code: 'control_plane_unreachable',
  })
  expect(authority.seen.map(({ path }) => path).slice(0, 2)).toEqual([
    '/list?api-version=2022-12-01',
    '/list-2',
  ])
})

test('where the times of a certificate and the clock do not meet, the hint is to compare the clocks', async () => {
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000)
  const server = await startDatedServer({ notBefore: at(9), notAfter: at(90), serverTime: at(10) })
  const { client } = await setUp(server)
  const error = await client.list('/subscriptions', SUBSCRIPTIONS).catch((thrown) => thrown)
  expect(error).toMatchObject({
    code: 'control_plane_unreachable',
    message: expect.stringContaining('10 hours behind that of the server'),
    hints: [expect.stringMatching(/^compare the clocks/)],
  })
  expect(error.hints.join()).not.toContain('--ca-file')
})

test('an assertion of a wrong clock is told with the difference, and a wrong secret without', async () => {
  const authority = await startAuthority()
  const refused = { error: 'invalid_client', error_description: 'AADSTS700024: out of time' }
  const headers = { Date: new Date(Date.now() + 7_200_000).toUTCString() }
  authority.answer = () => ({ status: 401, json: refused, headers })
  const https = createHttpsClient(authority.registration.ca)
  onTestFinished(() => https.close())
  const parts = {
    https,
    authority: authority.url,
    now: () => new Date(),
    signal: AbortSignal.timeout(60_000),
  }
  const federated = { kind: 'federated', clientId: 'c', assertion: 'a' } as const
  await expect(fetchToken({ ...parts, credential: federated })).rejects.toMatchObject({
    hints: ['compare the clocks: that of this machine is 2 hours behind that of the control plane'],
  })
  const secret = { kind: 'secret', clientId: 'c', secret: 's' } as const
  await expect(fetchToken({ ...parts, credential: secret })).rejects.toMatchObject({ hints: [] })
})
