import { expect, onTestFinished, test } from 'vitest'
import { type Given, startAuthority, TOKEN_ANSWER } from '../../../../test/agent/authority.ts'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import { logTo } from '../../../../test/agent/running-agent.ts'
import type { SourceFailure } from '../tokens/source.ts'
import { createControlPlaneSource } from './control-plane-source.ts'

const VAULT = 'https://vault.azure.net'
const DAY_MS = 86_400_000

/** Entra's answer to an assertion that is too early or too late. */
const OUT_OF_TIME: Given = { status: 401, json: { error: 'invalid_client', error_codes: [700024] } }

async function setUp(answer: () => Given = () => TOKEN_ANSWER) {
  const authority = await startAuthority()
  authority.answer = answer
  const time = { offset: 0 }
  const logged: string[] = []
  const source = createControlPlaneSource({
    registration: authority.registration,
    log: logTo(logged),
    now: () => Date.now() + time.offset,
  })
  onTestFinished(() => source.close())
  const ask = () => source.getToken(IDENTITY, VAULT, AbortSignal.timeout(60_000))
  return { authority, source, time, logged, ask }
}

/** The claims of the assertion in a request. */
function claimsOf(form: URLSearchParams): Record<string, unknown> {
  const [, claims = ''] = (form.get('client_assertion') ?? '').split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString())
}

test('a token is asked for by client credentials with an assertion, at the endpoint that discovery names', async () => {
  const { authority, ask } = await setUp()
  expect(await ask()).toEqual({ accessToken: 'the-token', expiresInSeconds: 3599 })
  expect(authority.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `GET /${IDENTITY.tenantId}/v2.0/.well-known/openid-configuration`,
    `POST /${IDENTITY.tenantId}/oauth2/v2.0/token`,
  ])
  const { form } = authority.seen[1] ?? { form: new URLSearchParams() }
  expect(Object.fromEntries(form)).toEqual({
    client_id: IDENTITY.clientId,
    client_assertion: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    grant_type: 'client_credentials',
    scope: `${VAULT}/.default`,
  })
  expect(claimsOf(form).aud).toBe(`${authority.registration.authority}/oauth2/v2.0/token`)
})

test('discovery is asked once, and each request has an assertion of its own', async () => {
  const { authority, ask } = await setUp()
  await ask()
  await ask()
  expect(authority.seen).toHaveLength(3)
  const ids = authority.seen.slice(1).map(({ form }) => claimsOf(form).jti)
  expect(new Set(ids).size).toBe(2)
})

test('nothing is sent before a token is asked for', async () => {
  const { authority, source } = await setUp()
  source.close()
  expect(authority.connections).toBe(0)
})

test.each<[string, Given, SourceFailure, number?]>([
  ['invalid_client', { status: 401, json: { error: 'invalid_client' } }, 'refused'],
  ['unauthorized_client', { status: 400, json: { error: 'unauthorized_client' } }, 'refused'],
  ['invalid_tenant', { status: 400, json: { error: 'invalid_tenant' } }, 'refused'],
  ['invalid_resource', { status: 400, json: { error: 'invalid_resource' } }, 'resource_refused'],
  ['invalid_scope', { status: 400, json: { error: 'invalid_scope' } }, 'resource_refused'],
  ['invalid_target', { status: 400, json: { error: 'invalid_target' } }, 'resource_refused'],
  ['access_denied', { status: 403, json: { error: 'access_denied' } }, 'resource_refused'],
  [
    'an assertion that came twice',
    { status: 401, json: { error: 'invalid_client', error_codes: [50013] } },
    'unavailable',
  ],
  [
    'a user-assigned identity that was taken away',
    { status: 400, json: { error: 'unauthorized_client', error_codes: [501051] } },
    'unassigned',
  ],
  ['another error', { status: 400, json: { error: 'temporarily_unavailable' } }, 'unavailable'],
  [
    'an error named like a part of every object',
    { status: 400, json: { error: 'constructor' } },
    'unavailable',
  ],
  ['an error that is no text', { status: 400, json: { error: { a: 1 } } }, 'unavailable'],
  ['a proxy\u2019s 403', { status: 403, raw: '<html>' }, 'unavailable'],
  ['a 404 of a wrong path', { status: 404, json: {} }, 'unavailable'],
  ['429', { status: 429, headers: { 'Retry-After': '17' }, json: {} }, 'throttled', 17],
  ['429 without a time', { status: 429, json: {} }, 'throttled'],
  [
    '429 with a date',
    { status: 429, headers: { 'Retry-After': 'Wed, 21 Oct 2026 07:28:00 GMT' }, json: {} },
    'throttled',
  ],
  [
    '503',
    { status: 503, headers: { 'Retry-After': '2.5' }, json: { error: 'invalid_client' } },
    'unavailable',
    3,
  ],
  ['500 that looks definite', { status: 500, json: { error: 'invalid_client' } }, 'unavailable'],
  ['a redirect', { status: 302, headers: { Location: 'https://127.0.0.1:9/' }, json: {} }, 'unavailable'],
  ['200 without a token', { json: { expires_in: 3600 } }, 'unavailable'],
  ['200 with an empty token', { json: { access_token: '', expires_in: 3600 } }, 'unavailable'],
  ['200 without a life', { json: { access_token: 'x' } }, 'unavailable'],
  ['200 with a life that is over', { json: { access_token: 'x', expires_in: '0' } }, 'unavailable'],
  ['200 with less than a second', { json: { access_token: 'x', expires_in: 0.5 } }, 'unavailable'],
  ['200 with a life without end', { raw: '{"access_token":"x","expires_in":1e999}' }, 'unavailable'],
  ['200 that is HTML', { raw: '<html>' }, 'unavailable'],
])('%s is a failure of the right kind', async (_, given, failure, retryAfterSeconds) => {
  const { ask } = await setUp(() => given)
  await expect(ask()).rejects.toMatchObject({ name: 'SourceError', failure, retryAfterSeconds })
})

test('the error tells the log what the authority said', async () => {
  const { ask } = await setUp(() => ({
    status: 401,
    json: { error: 'invalid_client', error_description: 'AADSTS700027: no such key' },
  }))
  await expect(ask()).rejects.toThrow('the authority answered 401: AADSTS700027: no such key')
})

test.each<[string, Given]>([
  ['an error', { status: 500, json: {} }],
  ['no endpoint', { json: {} }],
  ['an endpoint without TLS', { json: { token_endpoint: 'http://127.0.0.1/token' } }],
  ['an endpoint that is no text', { json: { token_endpoint: 7 } }],
  ['HTML', { raw: '<html>' }],
])('discovery that answers %s is a passing failure, and asked anew', async (_, given) => {
  const { authority, ask } = await setUp()
  const { discover } = authority
  authority.discover = () => given
  await expect(ask()).rejects.toMatchObject({ name: 'SourceError', failure: 'unavailable' })
  authority.discover = discover
  expect(await ask()).toMatchObject({ accessToken: 'the-token' })
})

test.each([-3 * DAY_MS, 3 * DAY_MS])(
  'a clock that is wrong by %d ms is corrected by the authority\u2019s, once, and said so',
  async (offset) => {
    let authorityAccepts = false
    const { authority, time, logged, ask } = await setUp(() => {
      const { form } = authority.seen.at(-1) ?? { form: new URLSearchParams() }
      authorityAccepts = Math.abs(Number(claimsOf(form).nbf) + 300 - Date.now() / 1000) < 60
      return authorityAccepts ? TOKEN_ANSWER : OUT_OF_TIME
    })
    time.offset = offset
    expect(await ask()).toMatchObject({ accessToken: 'the-token' })
    expect(await ask()).toMatchObject({ accessToken: 'the-token' })
    expect(authority.seen).toHaveLength(4)
    expect(logged.filter((line) => line.includes('the clock of this machine differs'))).toHaveLength(1)
  },
)

test('when both clocks agree, the clock is not to blame and nothing is tried again', async () => {
  const { authority, ask } = await setUp(() => OUT_OF_TIME)
  await expect(ask()).rejects.toMatchObject({ failure: 'unavailable' })
  expect(authority.seen).toHaveLength(2)
})

test('an authority that stays unhappy after the correction is a passing failure', async () => {
  const { authority, time, ask } = await setUp(() => OUT_OF_TIME)
  time.offset = DAY_MS
  await expect(ask()).rejects.toMatchObject({ failure: 'unavailable' })
  expect(authority.seen).toHaveLength(3)
})

test('a clock is not corrected by a date that is none', async () => {
  const { authority, time, ask } = await setUp(() => ({ ...OUT_OF_TIME, headers: { Date: 'never' } }))
  time.offset = DAY_MS
  await expect(ask()).rejects.toMatchObject({ failure: 'unavailable' })
  expect(authority.seen).toHaveLength(2)
})

test('an authority that is down and comes back is asked again', async () => {
  const { authority, ask } = await setUp()
  await ask()
  await authority.stop()
  await expect(ask()).rejects.toMatchObject({ failure: 'unavailable' })
  await authority.start()
  expect(await ask()).toMatchObject({ accessToken: 'the-token' })
})

test('the trace of the request that began it is named to the authority, and none is made up', async () => {
  const { authority, source, ask } = await setUp()
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  await source.getToken(IDENTITY, VAULT, AbortSignal.timeout(60_000), traceparent)
  await ask()
  expect(authority.seen.map(({ headers }) => headers.traceparent)).toEqual([
    undefined,
    traceparent,
    undefined,
  ])
})
