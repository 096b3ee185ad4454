import { constants, createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { FEDERATED_AUDIENCE, JWT_BEARER } from '@landfast/protocol'
import { FOREIGN_ALGORITHMS } from '@landfast/server'
import fc from 'fast-check'
import { type JWTPayload, SignJWT } from 'jose'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { AuthorityError } from '../authority/authority-error.ts'
import type { PresentedAssertion } from '../authority/presented-credential.ts'
import type { ForeignProver } from '../authority/prove-holder.ts'
import { createApplication, newApplication } from '../registry/applications.ts'
import { createClientDirectory } from '../registry/clients.ts'
import {
  deleteFederatedCredential,
  type FederatedCredentialWriting,
  putFederatedCredential,
} from '../registry/federated-credentials.ts'
import { changePrincipalState } from '../registry/machine-end.ts'
import { answerAsIssuer, LOOPBACK, resolveToLoopback, startForeignServer } from '../testing/foreign-server.ts'
import { makeIssuerKey } from '../testing/issuer-keys.ts'
import { claimsFor, openTrialAuthority } from '../testing/trial-authority.ts'
import { checkClaimsExpression } from './claims-expression-reach.ts'
import { createForeignIssuers, type IssuerKeys } from './foreign-issuers.ts'
import { createForeignProver } from './foreign-token.ts'

const SUBJECT = 'repo:shop/web:ref:refs/heads/main'
const NAME = 'main-branch'

/** The keys of every issuer here, made once since RSA keys take long. */
const KEYS = [
  await makeIssuerKey('ec-key'),
  await makeIssuerKey('rsa-key', 'rsa'),
  await makeIssuerKey('p384-key', 'P-384'),
] as const

interface TokenChanges {
  header?: Record<string, unknown>
  claims?: Record<string, unknown>
  privateKey?: KeyObject
}

/** An application that trusts `SUBJECT` of an issuer that runs, and an authority that believes it. */
async function startTrusting() {
  const published = { issuer: '', keys: KEYS.map(({ jwk }) => jwk) }
  const server = await startForeignServer(answerAsIssuer(() => published))
  published.issuer = server.origin
  let prove: ForeignProver | undefined
  const trial = await openTrialAuthority({
    proveByForeignToken: (presented) => prove?.(presented) ?? expect.unreachable('asked too early'),
  })
  const { storage, clock } = trial
  const issuers = createForeignIssuers({
    access: new Map([[server.origin, { networks: LOOPBACK, ca: server.ca }]]),
    resolve: resolveToLoopback,
    log: pino({ enabled: false }),
    now: clock.now,
  })
  const directory = createClientDirectory(storage)
  prove = createForeignProver({ directory, issuers })
  const application = await addApplication(trial)
  const trust = (changes: Partial<FederatedCredentialWriting> = {}) =>
    storage.change((trx) =>
      putFederatedCredential(trx, {
        principalId: application.principalId,
        name: NAME,
        issuer: server.origin,
        subject: SUBJECT,
        time: clock.now(),
        ...changes,
      }),
    )
  await trust()
  return {
    ...trial,
    server,
    published,
    application,
    trust,
    issuers,
    directory,
    use: (one: ForeignProver) => (prove = one),
  }
}

type Trusting = Awaited<ReturnType<typeof startTrusting>>

async function addApplication({
  storage,
  tenantId,
  clock,
}: Pick<Trusting, 'storage' | 'tenantId' | 'clock'>) {
  const application = newApplication({ tenantId, displayName: 'job', time: clock.now() })
  await storage.change((trx) => createApplication(trx, application))
  return application
}

function claimsOf(trusting: Trusting, changes: Record<string, unknown> = {}): JWTPayload {
  const now = Math.floor(trusting.clock.now().getTime() / 1000)
  const times = { iat: now, nbf: now, exp: now + 600 }
  return { iss: trusting.server.origin, sub: SUBJECT, aud: FEDERATED_AUDIENCE, ...times, ...changes }
}

function makeToken(trusting: Trusting, changes: TokenChanges = {}): Promise<string> {
  const [ec] = KEYS
  return new SignJWT(claimsOf(trusting, changes.claims))
    .setProtectedHeader({ alg: 'ES256', kid: 'ec-key', ...changes.header })
    .sign(changes.privateKey ?? ec.privateKey)
}

function present(
  trusting: Trusting,
  token: string,
  clientId = trusting.application.clientId,
): Promise<JWTPayload> {
  const fields = { client_id: clientId, client_assertion_type: JWT_BEARER, client_assertion: token }
  return claimsFor(trusting, fields)
}

async function refusalOf(trusting: Trusting, token: string, clientId?: string): Promise<AuthorityError> {
  const error = await present(trusting, token, clientId).then(
    () => expect.unreachable('a token was given'),
    (cause: unknown) => cause,
  )
  return error as AuthorityError
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a token of a trusted issuer, subject and audience proves the client, and again until it ends', async () => {
  const trusting = await startTrusting()
  const { application, clock } = trusting
  const token = await makeToken(trusting)
  for (let n = 0; n < 3; n += 1) {
    expect(await present(trusting, token)).toMatchObject({ oid: application.principalId, appidacr: '2' })
    clock.advance(290)
  }
  clock.advance(30)
  expect(await refusalOf(trusting, token)).toMatchObject({ code: 'assertion_out_of_time', number: 700024 })
})

test('every algorithm for a public key is as good, and so is an audience in a list of one', async () => {
  const trusting = await startTrusting()
  for (const alg of FOREIGN_ALGORITHMS) {
    const { privateKey, jwk } = alg === 'ES256' ? KEYS[0] : alg === 'ES384' ? KEYS[2] : KEYS[1]
    const header = { alg, kid: jwk.kid }
    const token = await makeToken(trusting, { header, privateKey, claims: { aud: [FEDERATED_AUDIENCE] } })
    expect(await present(trusting, token), alg).toMatchObject({ oid: trusting.application.principalId })
  }
  expect(FOREIGN_ALGORITHMS).toHaveLength(8)
})

/** A signature as an attacker makes it who has the private key, by whatever Node takes. */
function signAs(
  trusting: Trusting,
  header: object,
  how: { hash: string; key: KeyObject; pss?: true },
): string {
  const input = `${encode(header)}.${encode(claimsOf(trusting))}`
  const { hash, key, pss } = how
  const way = pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 } : {}
  const signature = sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...way })
  return `${input}.${signature.toString('base64url')}`
}

describe('a good key proves nothing by an algorithm that is not its own', () => {
  const [ec, rsa, p384] = KEYS
  const CONFUSED: Record<string, (trusting: Trusting) => string> = {
    'ES256 by a P-384 key': (trusting) =>
      signAs(trusting, { alg: 'ES256', kid: 'p384-key' }, { hash: 'sha256', key: p384.privateKey }),
    'ES384 by a P-256 key': (trusting) =>
      signAs(trusting, { alg: 'ES384', kid: 'ec-key' }, { hash: 'sha384', key: ec.privateKey }),
    'RS256 over the hash of RS512': (trusting) =>
      signAs(trusting, { alg: 'RS256', kid: 'rsa-key' }, { hash: 'sha512', key: rsa.privateKey }),
    'PS256 with a short salt': (trusting) =>
      signAs(trusting, { alg: 'PS256', kid: 'rsa-key' }, { hash: 'sha256', key: rsa.privateKey, pss: true }),
    'PS256 over the padding of RS256': (trusting) =>
      signAs(trusting, { alg: 'PS256', kid: 'rsa-key' }, { hash: 'sha256', key: rsa.privateKey }),
  }
  test.each(Object.entries(CONFUSED))('%s', async (_what, forge) => {
    const trusting = await startTrusting()
    expect((await refusalOf(trusting, forge(trusting))).code).toBe('federation_unmatched')
  })

  test.each([
    ['is for encryption', { use: 'enc' }],
    ['states another algorithm of its kind', { alg: 'PS256' }],
    ['states another kind', { alg: 'ES256' }],
  ])('a key that %s', async (_what, members) => {
    const trusting = await startTrusting()
    trusting.published.keys = [ec.jwk, { ...rsa.jwk, ...members }] as never
    const header = { alg: 'RS256', kid: 'rsa-key' }
    const token = await makeToken(trusting, { header, privateKey: rsa.privateKey })
    expect((await refusalOf(trusting, token)).code).toBe('federation_unmatched')
  })
})

describe('where the issuer vouches for nothing, every refusal is the same', () => {
  const UNPROVEN: Record<string, (trusting: Trusting) => Promise<[token: string, clientId?: string]>> = {
    'a signature by another key': async (trusting) => {
      const { privateKey } = await makeIssuerKey('ec-key')
      return [await makeToken(trusting, { privateKey })]
    },
    'a key that the issuer does not publish': async (trusting) => [
      await makeToken(trusting, { header: { kid: 'k7' } }),
    ],
    'the name of a key of another kind': async (trusting) => [
      await makeToken(trusting, { header: { kid: 'rsa-key' } }),
    ],
    'an issuer with a slash more': async (trusting) => [
      await makeToken(trusting, { claims: { iss: `${trusting.server.origin}/` } }),
    ],
    'an issuer in other case': async (trusting) => [
      await makeToken(trusting, { claims: { iss: trusting.server.origin.replace('issuer', 'ISSUER') } }),
    ],
    'no signature': async (trusting) => [(await makeToken(trusting)).replace(/[^.]*$/, '')],
    'other claims under the same signature': async (trusting) => {
      const [header, , signature] = (await makeToken(trusting)).split('.')
      return [`${header}.${encode(claimsOf(trusting, { sub: 'other' }))}.${signature}`]
    },
    'a signature that covers extensions': async (trusting) => [
      await makeToken(trusting, { header: { b64: true, crit: ['b64'] } }),
    ],
    'a client id that nobody has': async (trusting) => [
      await makeToken(trusting),
      '6f2d0f3c-0a52-4b52-9a1e-0d5e5a1f6b11',
    ],
    'a client that trusts nobody': async (trusting) => [
      await makeToken(trusting),
      (await addApplication(trusting)).clientId,
    ],
  }
  test.each(Object.entries(UNPROVEN))('%s', async (_what, forge) => {
    const trusting = await startTrusting()
    const error = await refusalOf(trusting, ...(await forge(trusting)))
    expect(error).toMatchObject({ code: 'federation_unmatched', number: 70021, status: 401 })
    expect(error.message).toBe(
      'no federated credential of this client names the issuer of the assertion, or that issuer does not vouch for it',
    )
  })
})

describe('an algorithm without a public key, or one that is not known, is refused before anything is asked', () => {
  const FORGED: Record<string, (trusting: Trusting) => string> = {
    none: (trusting) => `${encode({ alg: 'none', kid: 'ec-key' })}.${encode(claimsOf(trusting))}.`,
    'HS256 with the public key': (trusting) => {
      const signed = `${encode({ alg: 'HS256', kid: 'rsa-key' })}.${encode(claimsOf(trusting))}`
      const secret = JSON.stringify(KEYS[1].jwk)
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    },
    'HS384 with the public key in PEM': (trusting) => {
      const signed = `${encode({ alg: 'HS384', kid: 'rsa-key' })}.${encode(claimsOf(trusting))}`
      const secret = createPublicKey({ key: KEYS[1].jwk, format: 'jwk' }).export({
        type: 'spki',
        format: 'pem',
      })
      return `${signed}.${createHmac('sha384', secret).update(signed).digest('base64url')}`
    },
    'None in another case': (trusting) =>
      `${encode({ alg: 'None', kid: 'ec-key' })}.${encode(claimsOf(trusting))}.`,
    ES512: (trusting) => `${encode({ alg: 'ES512', kid: 'ec-key' })}.${encode(claimsOf(trusting))}.AAAA`,
    'a name of what every object has': (trusting) =>
      `${encode({ alg: 'constructor', kid: 'ec-key' })}.${encode(claimsOf(trusting))}.AAAA`,
    'no key named': (trusting) => `${encode({ alg: 'ES256' })}.${encode(claimsOf(trusting))}.AAAA`,
    'a key name that is no text': (trusting) =>
      `${encode({ alg: 'ES256', kid: { a: 1 } })}.${encode(claimsOf(trusting))}.AAAA`,
  }
  test.each(Object.entries(FORGED))('%s', async (_what, forge) => {
    const trusting = await startTrusting()
    expect(await refusalOf(trusting, forge(trusting))).toMatchObject({
      code: 'federation_malformed',
      number: 50027,
    })
    expect(trusting.server.connections).toBe(0)
  })
})

test.each(['repo:shop/web:pull_request', SUBJECT.toUpperCase(), `${SUBJECT} `])(
  'the subject %j is another one, and its workload is told so',
  async (sub) => {
    const trusting = await startTrusting()
    const error = await refusalOf(trusting, await makeToken(trusting, { claims: { sub } }))
    expect(error).toMatchObject({ code: 'federation_subject_unmatched', number: 700213 })
    expect(error.message).toContain(`('${sub}')`)
  },
)

test.each([undefined, '', 'x'.repeat(601), 'line\nline', 'a\u2028b'])(
  'the subject %j is in no credential, and is not repeated',
  async (sub) => {
    const trusting = await startTrusting()
    const error = await refusalOf(trusting, await makeToken(trusting, { claims: { sub } }))
    expect(error.code).toBe('federation_subject_unmatched')
    expect(error.message).not.toContain('(')
  },
)

test.each([
  'api://other',
  FEDERATED_AUDIENCE.toLowerCase(),
  `${FEDERATED_AUDIENCE}/`,
  [FEDERATED_AUDIENCE, 'api://other'],
  [FEDERATED_AUDIENCE, FEDERATED_AUDIENCE],
  [[FEDERATED_AUDIENCE]],
  [],
  undefined,
])('the audience %j is another one', async (aud) => {
  const trusting = await startTrusting()
  const error = await refusalOf(trusting, await makeToken(trusting, { claims: { aud } }))
  expect(error).toMatchObject({ code: 'federation_audience_unmatched', number: 700212 })
})

const BRANCHES = checkClaimsExpression(
  "claims['sub'] matches 'repo:shop/web:ref:refs/heads/*' and claims['job_workflow_ref'] eq 'shop/ci'",
)
const byExpression = { subject: undefined, expression: BRANCHES }

test('a token whose claims meet an expression proves the client, and any other subject or claim does not', async () => {
  const trusting = await startTrusting()
  await trusting.trust(byExpression)
  const workflow = { job_workflow_ref: 'shop/ci' }
  const sub = 'repo:shop/web:ref:refs/heads/feature'
  const good = await makeToken(trusting, { claims: { sub, ...workflow } })
  expect(await present(trusting, good)).toMatchObject({ oid: trusting.application.principalId })
  for (const claims of [
    { sub },
    { sub, job_workflow_ref: 'shop/other' },
    { sub, job_workflow_ref: ['shop/ci'] },
    { sub: 'repo:shop/web2:ref:refs/heads/feature', ...workflow },
    { sub: `*1 ${BRANCHES}`, ...workflow },
    { sub: BRANCHES, ...workflow },
    workflow,
  ]) {
    const changed = { sub: undefined, ...claims }
    const error = await refusalOf(trusting, await makeToken(trusting, { claims: changed }))
    expect(error.code, JSON.stringify(claims)).toBe('federation_subject_unmatched')
  }
  const forged = await makeToken(trusting, {
    claims: { sub, ...workflow },
    privateKey: (await makeIssuerKey('ec-key')).privateKey,
  })
  expect((await refusalOf(trusting, forged)).code).toBe('federation_unmatched')
  const elsewhere = await makeToken(trusting, { claims: { sub, ...workflow, aud: 'api://other' } })
  expect((await refusalOf(trusting, elsewhere)).code).toBe('federation_audience_unmatched')
})

test('a credential for another audience hides no other that fits', async () => {
  const trusting = await startTrusting()
  const all = checkClaimsExpression("claims['sub'] matches 'repo:shop/*'")
  await trusting.trust({ audiences: ['api://first'] })
  await trusting.trust({ name: 'a-second', subject: undefined, expression: all, audiences: ['api://second'] })
  await trusting.trust({ name: 'b-third', ...byExpression, audiences: ['api://third'] })
  const claims = { job_workflow_ref: 'shop/ci' }
  for (const aud of ['api://first', 'api://second', 'api://third']) {
    const token = await makeToken(trusting, { claims: { ...claims, aud } })
    expect(await present(trusting, token)).toMatchObject({ oid: trusting.application.principalId })
  }
})

test.each([
  ['repo:shop@12/web@345:ref:refs/heads/main', {}, 'in the older form'],
  ['repo:shop@12/other@345:ref:refs/heads/main', {}, undefined],
])(
  'the subject %s is refused; where only its form is another one, that is told',
  async (sub, claims, hint) => {
    const trusting = await startTrusting()
    const error = await refusalOf(trusting, await makeToken(trusting, { claims: { sub, ...claims } }))
    expect(error.code).toBe('federation_subject_unmatched')
    expect(error.message).toContain(`('${sub}'${hint === undefined ? ')' : ';'}`)
    if (hint !== undefined) expect(error.message).toContain(hint)
  },
)

test('that only the form of a subject is another one is told of expressions too, and to nobody whom the issuer does not know', async () => {
  const trusting = await startTrusting()
  await trusting.trust(byExpression)
  const claims = { sub: 'repo:shop@12/web@345:ref:refs/heads/x', job_workflow_ref: 'shop/ci' }
  const error = await refusalOf(trusting, await makeToken(trusting, { claims }))
  expect(error.message).toContain('in the older form')
  const { privateKey } = await makeIssuerKey('ec-key')
  const forged = await refusalOf(trusting, await makeToken(trusting, { claims, privateKey }))
  expect(forged.message).not.toContain('form')
})

test('an audience of its own is what a credential asks for, exactly', async () => {
  const trusting = await startTrusting()
  await trusting.trust({ audiences: ['https://shop.example/'] })
  const token = await makeToken(trusting, { claims: { aud: 'https://shop.example/' } })
  expect(await present(trusting, token)).toMatchObject({ oid: trusting.application.principalId })
  expect((await refusalOf(trusting, await makeToken(trusting))).code).toBe('federation_audience_unmatched')
})

describe('a token is refused', () => {
  const DAY = 86_400
  const TIMES: [what: string, claims: (now: number) => Record<string, unknown>, code: string][] = [
    ['that ended', (now) => ({ iat: now - 900, nbf: now - 900, exp: now - 300 }), 'assertion_out_of_time'],
    ['that begins later', (now) => ({ nbf: now + 301 }), 'assertion_out_of_time'],
    ['that was made later', (now) => ({ iat: now + 301 }), 'assertion_out_of_time'],
    ['without an end', () => ({ exp: undefined }), 'federation_malformed'],
    ['whose end is no number', (now) => ({ exp: `${now + 60}` }), 'federation_malformed'],
    ['without a beginning', () => ({ iat: undefined }), 'federation_malformed'],
    ['whose beginning is no number', () => ({ nbf: 'now' }), 'federation_malformed'],
    ['that is good for more than a day', (now) => ({ exp: now + DAY + 301 }), 'federation_malformed'],
  ]
  test.each(TIMES)('%s', async (_what, claims, code) => {
    const trusting = await startTrusting()
    const now = Math.floor(trusting.clock.now().getTime() / 1000)
    expect((await refusalOf(trusting, await makeToken(trusting, { claims: claims(now) }))).code).toBe(code)
  })
})

test('clocks may differ by five minutes, times may have fractions, and a token may be good for a day', async () => {
  const trusting = await startTrusting()
  const now = trusting.clock.now().getTime() / 1000
  for (const claims of [
    { iat: now - 899.5, nbf: now - 899.5, exp: now - 299.5 },
    { iat: now + 299, nbf: now + 299, exp: now + 600 },
    { iat: now, exp: now + 86_400, nbf: undefined },
    { iat: now - 300, exp: now + 86_400, nbf: now - 300 },
  ]) {
    const token = await makeToken(trusting, { claims })
    expect(await present(trusting, token)).toMatchObject({ oid: trusting.application.principalId })
  }
})

test('keys that changed at the issuer are found, and the old ones refused', async () => {
  const trusting = await startTrusting()
  const { clock, published } = trusting
  const old = await makeToken(trusting)
  await present(trusting, old)
  const next = await makeIssuerKey('k2')
  published.keys = [next.jwk]
  clock.advance(60)
  const token = await makeToken(trusting, { header: { kid: 'k2' }, privateKey: next.privateKey })
  expect(await present(trusting, token)).toMatchObject({ oid: trusting.application.principalId })
  expect((await refusalOf(trusting, old)).code).toBe('federation_unmatched')
})

test('an issuer that cannot be asked refuses nobody for good', async () => {
  const trusting = await startTrusting()
  await trusting.server.stop()
  const error = await refusalOf(trusting, await makeToken(trusting))
  expect(error).toMatchObject({ code: 'federation_unavailable', status: 503, number: 50166 })
  expect(error.message).not.toContain(trusting.server.origin)
})

test('an issuer that no credential of the client names is never contacted', async () => {
  const trusting = await startTrusting()
  const token = await makeToken(trusting)
  const stranger = await addApplication(trusting)
  await refusalOf(trusting, token, stranger.clientId)
  await refusalOf(trusting, token, '6f2d0f3c-0a52-4b52-9a1e-0d5e5a1f6b11')
  const { principalId } = trusting.application
  await trusting.storage.change((trx) => deleteFederatedCredential(trx, { principalId, name: NAME }))
  expect((await refusalOf(trusting, token)).code).toBe('federation_unmatched')
  expect(trusting.server.connections).toBe(0)
})

test('that the client is disabled or deleted is told only to whom its issuer vouches for', async () => {
  const trusting = await startTrusting()
  const { storage, application, clock } = trusting
  for (const [state, code] of [
    ['disabled', 'client_disabled'],
    ['deleted', 'client_unknown'],
  ] as const) {
    await storage.change((trx) =>
      changePrincipalState(trx, application.principalId, { state, time: clock.now() }),
    )
    expect((await refusalOf(trusting, await makeToken(trusting))).code).toBe(code)
    const unknown = await makeToken(trusting, { header: { kid: 'k7' } })
    expect((await refusalOf(trusting, unknown)).code).toBe('federation_unmatched')
  }
})

test('the issuers of an application are asked for it, those of an identity for its resource group', async () => {
  const trusting = await startTrusting()
  const { storage, application, issuers, directory, trust } = trusting
  const sharers: string[] = []
  const findKey: IssuerKeys['findKey'] = (issuer, name, wish) => {
    sharers.push(wish.sharer)
    return issuers.findKey(issuer, name, wish)
  }
  trusting.use(createForeignProver({ directory, issuers: { findKey } }))
  await trust()
  await present(trusting, await makeToken(trusting))
  const resource_id = '/subscriptions/S/resourceGroups/Shop/providers/x/y/z'
  await storage.db
    .updateTable('principal')
    .set({ resource_id })
    .where('id', '=', application.principalId)
    .execute()
  await present(trusting, await makeToken(trusting))
  expect(sharers).toEqual([application.principalId, '/subscriptions/s/resourcegroups/shop'])
})

test('a credential that is changed or deleted while its token is verified proves nothing any more', async () => {
  const trusting = await startTrusting()
  const { storage, application, issuers, directory, trust } = trusting
  const { principalId } = application
  const token = await makeToken(trusting)
  const changes = [
    () => trust({ audiences: ['api://other'] }),
    () => storage.change((trx) => deleteFederatedCredential(trx, { principalId, name: NAME })),
  ]
  for (const change of changes) {
    await trust()
    trusting.use(
      createForeignProver({
        directory,
        issuers: {
          findKey: async (...wanted) => {
            await change()
            return issuers.findKey(...wanted)
          },
        },
      }),
    )
    expect((await refusalOf(trusting, token)).code).toBe('federation_unmatched')
  }
})

test('whatever is presented as a foreign token, it is refused with a code', async () => {
  const { directory, issuers, server, application, clock } = await startTrusting()
  const prove = createForeignProver({ directory, issuers })
  const text = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('RS256', 'ES256', 'ec-key', 'rsa-key', server.origin, SUBJECT),
  )
  const members = (...names: string[]) => fc.dictionary(fc.constantFrom(...names), text)
  const token = fc.record({
    header: members('alg', 'kid', 'crit', 'b64', 'typ'),
    claims: members('iss', 'sub', 'aud', 'exp', 'iat', 'nbf'),
    rest: fc.array(fc.string(), { maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(token, async ({ header, claims, rest }) => {
      const jws = [encode(header), encode(claims), ...rest].join('.')
      const assertion = { kind: 'assertion', jws, header, claims } as PresentedAssertion
      const error = await prove({ clientId: application.clientId, assertion, time: clock.now() }).catch(
        (cause) => cause,
      )
      expect(error).toBeInstanceOf(AuthorityError)
    }),
  )
})
