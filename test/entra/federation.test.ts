/** The stand-in for Entra ID, asked with tokens of another issuer: what it accepts, and each of its refusals. */

import { expect, onTestFinished, test } from 'vitest'
import { type Entra, startEntra } from './server.ts'
import type { EntraOptions } from './service.ts'
import { APPLICATION, askToken } from './trial-client.ts'
import {
  AUDIENCE,
  EC_KEY as ec,
  type Issuer,
  makeToken,
  NEXT_KEY as next,
  published,
  RSA_KEY as rsa,
  SUBJECT,
  startIssuer,
  type TokenWish,
} from './trial-issuer.ts'

const HOUR_MILLISECONDS = 3_600_000

async function start(issuer: Issuer, options: Partial<EntraOptions> = {}): Promise<Entra> {
  const entra = await startEntra({
    application: APPLICATION,
    credentials: { federated: [{ issuer: issuer.url, subject: SUBJECT, audience: AUDIENCE }] },
    issuerCa: issuer.ca,
    ...options,
  })
  onTestFinished(() => entra.stop())
  return entra
}

async function codeOf(entra: Entra, issuer: Issuer, wish?: TokenWish): Promise<unknown> {
  const { status, body } = await askToken(entra, await makeToken(issuer, wish))
  return status === 200 ? 'token' : (body.error_codes as unknown[])[0]
}

test.each(['/tenant/', '/tenant', '/a/path/of/its/own', ''])(
  'a token of the issuer at "%s" is exchanged, its keys found by the discovery document',
  async (path) => {
    const issuer = await startIssuer(path)
    const entra = await start(issuer)
    expect(await codeOf(entra, issuer)).toBe('token')
    expect(issuer.asked).toHaveLength(2)
  },
)

test.each<[string, number, TokenWish]>([
  ['of another issuer', 700211, { claims: { iss: 'https://issuer.example/' } }],
  ['of another subject', 700213, { claims: { sub: 'another' } }],
  ['of the subject in another case', 7002138, { claims: { sub: SUBJECT.toUpperCase() } }],
  ['for another audience', 700212, { claims: { aud: 'api://AzureADTokenExchangeUSGov' } }],
  ['for two audiences', 700212, { claims: { aud: [AUDIENCE, 'another'] } }],
  ['that is over', 700024, { claims: { exp: 1_700_000_000 } }],
  ['of Entra ID itself', 700222, { claims: { iss: `https://sts.windows.net/${APPLICATION.tenantId}/` } }],
  ['by ES256', 5002738, { key: ec, alg: 'ES256' }],
  ['by PS256', 5002738, { alg: 'PS256' }],
  ['forged under the name of a published key', 7000272, { key: next, kid: 'first' }],
  ['by a key that is not published', 7000272, { key: next }],
])('a token %s is refused with %i', async (_, code, wish) => {
  const issuer = await startIssuer()
  expect(await codeOf(await start(issuer), issuer, wish)).toBe(code)
})

test('a slash at the end of the issuer counts', async () => {
  const issuer = await startIssuer('/tenant/')
  const federated = [{ issuer: issuer.url.slice(0, -1), subject: SUBJECT, audience: AUDIENCE }]
  expect(await codeOf(await start(issuer, { credentials: { federated } }), issuer)).toBe(700211)
})

test('an application without any federated credential says so', async () => {
  const issuer = await startIssuer()
  expect(await codeOf(await start(issuer, { credentials: {} }), issuer)).toBe(70025)
})

test('a key without "use" is none', async () => {
  const issuer = await startIssuer()
  issuer.keys = [{ ...rsa.jwk, alg: 'RS256' }]
  expect(await codeOf(await start(issuer), issuer)).toBe(7000272)
})

test('only the first hundred keys are kept', async () => {
  const issuer = await startIssuer()
  issuer.keys = [
    ...Array.from({ length: 100 }, (_, n) => ({ ...published(next), kid: `${n}` })),
    published(rsa),
  ]
  expect(await codeOf(await start(issuer), issuer)).toBe(7000272)
})

test('a discovery document of another name, a CA that nobody knows and a server that is gone are no issuer', async () => {
  const issuer = await startIssuer()
  issuer.named = 'https://another.example/'
  expect(await codeOf(await start(issuer), issuer)).toBe(50166)
  issuer.named = issuer.url
  const other = await startIssuer()
  expect(await codeOf(await start(issuer, { issuerCa: other.ca }), issuer)).toBe(50166)
  const gone = { ...issuer, url: 'https://localhost:1/' }
  expect(await codeOf(await start(gone), gone)).toBe(50166)
})

test('keys are kept for an hour: one that is published and signs at once is not known before', async () => {
  let now = Date.now()
  const issuer = await startIssuer()
  const entra = await start(issuer, { clock: () => now })
  const claims = { exp: Math.floor(now / 1000) + 86_400 }
  expect(await codeOf(entra, issuer, { claims })).toBe('token')
  issuer.keys = [published(rsa), published(next)]
  now += HOUR_MILLISECONDS - 1
  expect(await codeOf(entra, issuer, { key: next, claims })).toBe(7000272)
  expect(await codeOf(entra, issuer, { claims })).toBe('token')
  now += 1
  expect(await codeOf(entra, issuer, { key: next, claims })).toBe('token')
  expect(issuer.asked).toHaveLength(4)
})

test.each([
  ['federation-missing', 70025],
  ['federation-new', 70021],
  ['federation-case', 7002138],
  ['issuer-unreachable', 50166],
  ['issuer-stale', 7000272],
] as const)('"%s" answers %i, and all is well once it is over', async (fault, code) => {
  const issuer = await startIssuer()
  const entra = await start(issuer)
  entra.setFault(fault)
  expect(await codeOf(entra, issuer)).toBe(code)
  entra.setFault(undefined)
  expect(await codeOf(entra, issuer)).toBe('token')
})
