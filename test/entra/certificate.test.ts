/** The stand-in for Entra ID, asked by certificate: what it accepts, and each of its refusals. */

import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { decodeJwt } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { TrialCertificate } from '../../packages/control-plane/src/testing/trial-certificates.ts'
import { FAULTS, type FaultName } from './faults.ts'
import { type Entra, startEntra } from './server.ts'
import type { EntraOptions } from './service.ts'
import {
  APPLICATION,
  type AssertionWish,
  askToken,
  makeAssertion,
  makeClientCertificate,
  send,
  thumbprintOf,
} from './trial-client.ts'

const own = await makeClientCertificate()
const foreign = await makeClientCertificate()
const elliptic = await makeClientCertificate({ kind: 'ec' })
const past = await makeClientCertificate({ notAfter: new Date(Date.now() - 60_000) })

async function start(options: Partial<EntraOptions> = {}): Promise<Entra> {
  const entra = await startEntra({
    application: APPLICATION,
    credentials: { certificates: [own.pem, past.pem, elliptic.pem] },
    ...options,
  })
  onTestFinished(() => entra.stop())
  return entra
}

async function ask(wish: AssertionWish = {}, certificate: TrialCertificate = own, entra?: Entra) {
  const asked = entra ?? (await start())
  return askToken(asked, await makeAssertion(asked, certificate, wish))
}

test('a token is for the resource that was asked, in the name of the application, and signed by the published key', async () => {
  const entra = await start()
  const { status, body, headers } = await ask({}, own, entra)
  expect(status).toBe(200)
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3599 })
  const token = String(body.access_token)
  expect(decodeJwt(token)).toMatchObject({
    aud: 'https://vault.azure.net',
    iss: `https://sts.windows.net/${APPLICATION.tenantId}/`,
    appid: APPLICATION.clientId,
    oid: APPLICATION.objectId,
    sub: APPLICATION.objectId,
    tid: APPLICATION.tenantId,
    idtyp: 'app',
    ver: '1.0',
  })
  expect(headers['cache-control']).toContain('no-store')
  const { body: keys } = await send(
    `${entra.authorityHost}/${APPLICATION.tenantId}/discovery/v2.0/keys`,
    entra.ca,
  )
  const [key] = keys.keys as [JsonWebKey]
  const [header, payload, signature = ''] = token.split('.')
  const input = Buffer.from(`${header}.${payload}`)
  expect(
    verify('sha256', input, createPublicKey({ key, format: 'jwk' }), Buffer.from(signature, 'base64url')),
  ).toBe(true)
})

test.each<[string, AssertionWish]>([
  ['RS256', { alg: 'RS256' }],
  ['the thumbprint by SHA-1', { header: { x5t: thumbprintOf(own, 'sha1') } }],
  [
    'a thumbprint in the alphabet of Base64',
    { header: { 'x5t#S256': inBase64(thumbprintOf(own, 'sha256')) } },
  ],
  ['an assertion without "nbf"', { claims: { nbf: undefined } }],
  ['an assertion of five minutes ago', { claims: { nbf: now() - 300, exp: now() + 60 } }],
  ['an assertion that lives for a day', { claims: { exp: now() + 86_400 } }],
])('%s is accepted', async (_, wish) => {
  expect((await ask(wish)).status).toBe(200)
})

test.each<[string, number, AssertionWish, TrialCertificate?]>([
  ['a certificate that nobody registered', 700027, {}, foreign],
  ['a certificate that is over', 700027, {}, past],
  ['no thumbprint', 700027, { header: { kid: 'k' } }],
  ['another certificate under this thumbprint', 7000274, { signer: foreign }],
  ['a key that is not RSA', 5002738, { alg: 'ES256' }, elliptic],
  ['PS512', 5002738, { alg: 'PS512' }],
  ['another audience', 50012, { claims: { aud: 'https://login.microsoftonline.com/' } }],
  ['the subject of another', 700021, { claims: { sub: 'another' } }],
  ['no "jti"', 50027, { claims: { jti: undefined } }],
  ['another type', 50027, { header: { typ: 'at+jwt', 'x5t#S256': thumbprintOf(own, 'sha256') } }],
  ['an assertion that is over', 700024, { claims: { exp: now() - 600 } }],
  ['an assertion without an end', 700024, { claims: { exp: undefined } }],
  ['an assertion of the future', 700024, { claims: { nbf: now() + 600 } }],
])('%s is refused with %i', async (_, code, wish, certificate = own) => {
  const { body } = await ask(wish, certificate)
  expect(body.error_codes).toEqual([code])
})

test.each<[string, number, Record<string, string | undefined>, string?]>([
  ['another tenant', 90002, {}, '00000000-0000-0000-0000-000000000000'],
  ['no client id', 900144, { client_id: undefined }],
  ['another grant', 70003, { grant_type: 'password' }],
  ['a scope without "/.default"', 1002012, { scope: 'https://vault.azure.net' }],
  [
    'two resources',
    1002012,
    { scope: 'https://vault.azure.net/.default https://storage.azure.com/.default' },
  ],
  ['another application', 700016, { client_id: '11111111-2222-3333-4444-555555555555' }],
  ['no assertion', 7000218, { client_assertion: undefined }],
  ['no type of the assertion', 7000218, { client_assertion_type: undefined }],
  ['an assertion that is no JWT', 50027, { client_assertion: 'a.b.c' }],
  ['a resource that the tenant does not know', 500011, { scope: 'api://unknown/.default' }],
])('a request with %s is refused with %i', async (_, code, changes, tenantId) => {
  const entra = await start({ unknownResources: ['api://unknown'] })
  const { body } = await askToken(entra, await makeAssertion(entra, own), changes, tenantId)
  expect(body.error_codes).toEqual([code])
})

test('a refusal has the form that Microsoft documents, with the correlation id of the request', async () => {
  const entra = await start({ clock: () => Date.parse('2026-11-28T12:00:00.5Z') })
  const { status, body, headers } = await askToken(entra, 'a.b.c')
  expect(status).toBe(400)
  expect(body).toMatchObject({ error: 'invalid_request', timestamp: '2026-11-28 12:00:00Z' })
  expect(body.error_description).toMatch(
    /^AADSTS50027: JWT token.*\r\nTrace ID: .*\r\nCorrelation ID: .*\r\nTimestamp: 2026-11-28 12:00:00Z$/,
  )
  expect(body.error_uri).toBe(`${entra.authorityHost}/error?code=50027`)
  expect(headers.date).toBe('Sat, 28 Nov 2026 12:00:00 GMT')
})

describe('faults', () => {
  test.each<[FaultName, number, number | undefined]>([
    ['unregistered', 401, 700027],
    ['other-application', 401, 700027],
    ['expired', 401, 700027],
    ['replaced', 401, 700027],
    ['5xx', 503, undefined],
    ['throttled-json', 429, 90010],
    ['throttled-text', 429, undefined],
    ['proxy-page', 403, undefined],
    ['tenant-disabled', 400, 5000225],
    ['application-disabled', 400, 7000112],
    ['clock', 401, 700024],
  ])('"%s" answers %i, and all is well once it is over', async (fault, status, code) => {
    const entra = await start()
    entra.setFault(fault)
    const refused = await ask({}, own, entra)
    expect([refused.status, (refused.body.error_codes as unknown[] | undefined)?.[0]]).toEqual([status, code])
    entra.setFault(undefined)
    expect((await ask({}, own, entra)).status).toBe(200)
  })

  test('"slow" holds requests until it is over', async () => {
    const entra = await start()
    entra.setFault('slow')
    const answer = ask({}, own, entra)
    await expect.poll(() => entra.requests.length).toBe(1)
    expect(entra.requests[0]?.status).toBeUndefined()
    entra.setFault(undefined)
    expect((await answer).status).toBe(200)
  })

  test('"expired" says that the key is over, "unregistered" that there is none', async () => {
    const entra = await start()
    entra.setFault('expired')
    expect((await ask({}, own, entra)).body.error_description).toContain('The key used is expired.')
    entra.setFault('unregistered')
    expect((await ask({}, own, entra)).body.error_description).toContain('The key was not found.')
  })

  test('"Retry-After" is what a test wishes, in seconds or as a date', async () => {
    const entra = await start()
    entra.setFault('throttled-json', { retryAfter: '3600' })
    expect((await ask({}, own, entra)).headers['retry-after']).toBe('3600')
    entra.setFault('throttled-text')
    expect((await ask({}, own, entra)).headers['retry-after']).toBe('60')
  })

  test('a refusal by its number is the answer to everything', async () => {
    const entra = await start()
    entra.setFault({ code: 700211 })
    expect((await ask({}, own, entra)).body.error_codes).toEqual([700211])
  })

  test.each(Object.entries(FAULTS))('"%s" names its source', (_, { source }) => {
    expect(source).not.toBe('')
  })
})

test('what the administrator replaces counts at once', async () => {
  const entra = await start()
  expect((await ask({}, foreign, entra)).status).toBe(401)
  entra.setCredentials({ certificates: [foreign.pem] })
  expect((await ask({}, foreign, entra)).status).toBe(200)
  expect((await ask({}, own, entra)).status).toBe(401)
})

function now(): number {
  return Math.floor(Date.now() / 1000)
}

function inBase64(text: string): string {
  return Buffer.from(text, 'base64url').toString('base64')
}
