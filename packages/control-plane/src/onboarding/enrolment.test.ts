import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { ONBOARDING_PATH, parseJoinToken } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { askForToken, makeKeys } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { startTrialOnboarding } from '../testing/trial-onboarding.ts'

const DAY_SECONDS = 86_400

describe.each(DATABASES)('on %s', (database) => {
  test('a machine that holds a join token becomes one, in the group of the token, and gets tokens', async () => {
    const trial = await startTrialOnboarding({ database })
    const secret = await trial.joinSecret({ location: 'cellar', tags: { stage: 'test' } })
    const keys = await makeKeys('rsa')
    const { status, body } = await trial.enrol(secret, keys, { tags: { stage: 'prod', owner: 'me' } })
    expect([status, body]).toEqual([
      201,
      {
        authority: `${trial.controlPlane.url}/${trial.tenantId}`,
        identity: {
          tenantId: trial.tenantId,
          clientId: expect.any(String),
          principalId: expect.any(String),
          resourceId: `/subscriptions/${trial.subscriptionId}/resourceGroups/shop/providers/Microsoft.HybridCompute/machines/web-1`,
        },
        certificate: expect.stringContaining('BEGIN CERTIFICATE'),
        nonce: expect.any(String),
        location: 'cellar',
      },
    ])
    const machine = { ...keys, ...body }
    const controlPlane = trial.controlPlane as Parameters<typeof askForToken>[1]['controlPlane']
    expect((await askForToken(machine, { controlPlane, clock: trial.clock })).status).toBe(200)
    const row = await trial.storage.db
      .selectFrom('machine')
      .select('tags')
      .where('name', '=', 'web-1')
      .executeTakeFirst()
    expect(JSON.parse(row?.tags ?? '')).toEqual({ stage: 'test', owner: 'me' })
    expect(await trial.audited('enrol-machine')).toEqual([{ outcome: 'done', code: null }])
    expect(await trial.audited('use-join-token')).toEqual([{ outcome: 'done', code: null }])
  })

  test('of two machines that race for a token of one use, one wins', async () => {
    const trial = await startTrialOnboarding({ database })
    const secret = await trial.joinSecret()
    const [a, b] = [await makeKeys(), await makeKeys()]
    const answers = await Promise.all([
      trial.enrol(secret, a, { name: 'a' }),
      trial.enrol(secret, b, { name: 'b' }),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401])
    const { body } = answers.find(({ status }) => status === 401) ?? {}
    expect(body.error.code).toBe('JoinTokenRefused')
  })

  test('one machine that asks twice at once gets one answer, and the token is spent once', async () => {
    const trial = await startTrialOnboarding({ database })
    const secret = await trial.joinSecret({ uses: 2 })
    const keys = await makeKeys()
    const [one, two] = await Promise.all([trial.enrol(secret, keys), trial.enrol(secret, keys)])
    expect([one.status, two.status].sort()).toEqual([200, 201])
    expect(one.body).toEqual(two.body)
    expect((await trial.enrol(secret, await makeKeys(), { name: 'second' })).status).toBe(201)
    expect((await trial.enrol(secret, await makeKeys(), { name: 'third' })).status).toBe(401)
  })
})

test('one host that asks twice at once with a token that replaces gets one answer', async () => {
  const trial = await startTrialOnboarding()
  const { identity } = await trial.enrolMachine()
  const json = { replaces: identity.resourceId }
  const { body } = await trial.ask(ONBOARDING_PATH.joinTokens, { method: 'POST', json })
  const [secret, keys] = [parseJoinToken(body.token)?.secret ?? '', await makeKeys()]
  const [one, two] = await Promise.all([trial.enrol(secret, keys), trial.enrol(secret, keys)])
  expect([one.status, two.status].sort()).toEqual([200, 201])
  expect(one.body).toEqual(two.body)
})

test('a machine whose answer was lost gets the same again, also after the end of its token, for a day', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret()
  const keys = await makeKeys()
  const first = await trial.enrol(secret, keys)
  const again = await trial.enrol(secret, keys)
  expect([again.status, again.body]).toEqual([200, first.body])
  trial.clock.advance(3600 + DAY_SECONDS - 1)
  const late = await trial.enrol(secret, keys)
  expect([late.status, late.body]).toEqual([200, first.body])
  trial.clock.advance(1)
  expect((await trial.enrol(secret, keys)).body.error.code).toBe('JoinTokenRefused')
})

test('after its first heartbeat a machine is told nothing again: who asks then is a copy', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret()
  const keys = await makeKeys()
  const { body } = await trial.enrol(secret, keys)
  await trial.beat({ ...keys, ...body, clientId: body.identity.clientId }, body.nonce)
  const copy = await trial.enrol(secret, keys)
  expect([copy.status, copy.body.error.code]).toEqual([409, 'AlreadyConnected'])
  expect(copy.body.error.message).toContain('landfast join-token create --replace')
})

test('a token that is used up, expired, revoked, guessed or of a deleted group is refused in the same words', async () => {
  const trial = await startTrialOnboarding()
  const used = await trial.joinSecret()
  await trial.enrol(used, await makeKeys())
  const { body: revoked } = await trial.makeJoinToken()
  const path = `${ONBOARDING_PATH.joinTokens}/${revoked.id}`
  expect((await trial.ask(path, { method: 'DELETE' })).status).toBe(200)
  const groupless = await trial.joinSecret({ resourceGroup: 'gone' })
  await trial.storage.db.deleteFrom('resource_group').where('name', '=', 'gone').execute()
  const expired = await trial.joinSecret({ lifetimeSeconds: 60 })
  trial.clock.advance(60)
  const secrets = [used, parseJoinToken(revoked.token)?.secret ?? '', groupless, expired, 'x'.repeat(43)]
  const answers = await Promise.all(
    secrets.map(async (secret, index) => trial.enrol(secret, await makeKeys(), { name: `m${index}` })),
  )
  expect(answers.map(({ status }) => status)).toEqual(secrets.map(() => 401))
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  const audit = await trial.audited('enrol-machine')
  expect(audit.filter(({ code }) => code === 'JoinTokenRefused')).toHaveLength(secrets.length)
})

test('a token ends with its group: a group of the same name that is made later is another one', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret({ resourceGroup: 'Gone', uses: 2 })
  const other = await trial.joinSecret({ resourceGroup: 'gone-2' })
  await trial.enrol(secret, await makeKeys())
  const path = `/subscriptions/${trial.subscriptionId}/resourceGroups/gone?api-version=2025-04-01`
  expect((await trial.ask(path, { method: 'DELETE' })).status).toBe(200)
  expect((await trial.ask(path, { method: 'PUT', json: { location: 'here' } })).status).toBe(201)
  const { status, body } = await trial.enrol(secret, await makeKeys())
  expect([status, body.error.code]).toEqual([401, 'JoinTokenRefused'])
  expect((await trial.enrol(other, await makeKeys())).status).toBe(201)
})

test('of machines that come at once with one token, as many are let in as it has uses', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret({ uses: 3 })
  const keys = await Promise.all(Array.from({ length: 6 }, () => makeKeys()))
  const answers = await Promise.all(keys.map((key, index) => trial.enrol(secret, key, { name: `m${index}` })))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 401, 401, 401])
  const machines = await trial.storage.db.selectFrom('machine').select('name').execute()
  expect(machines.filter(({ name }) => /^m[0-5]$/.test(name))).toHaveLength(3)
})

test('a machine cannot tell other tags than its token has, not even in another case', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret({ tags: { env: 'test' } })
  const tags = { ENV: 'production', rack: '7' }
  const { body } = await trial.enrol(secret, await makeKeys(), { tags })
  const machine = await trial.ask(`${body.identity.resourceId}?api-version=2025-01-13`)
  expect(machine.body.tags).toEqual({ env: 'test', rack: '7' })
})

test('guessing fills the audit trail with ten rows a minute, the rest is counted', async () => {
  const trial = await startTrialOnboarding()
  for (let guess = 0; guess < 12; guess += 1) await trial.enrol(`${guess}`.padEnd(43, 'x'), await makeKeys())
  expect(await trial.audited('enrol-machine')).toHaveLength(10)
})

test('a name that is taken and a key that is known are refused, and the token is not spent', async () => {
  const trial = await startTrialOnboarding()
  const first = await makeKeys()
  await trial.enrol(await trial.joinSecret(), first)
  const secret = await trial.joinSecret()
  const taken = await trial.enrol(secret, await makeKeys())
  expect([taken.status, taken.body.error.code]).toEqual([409, 'MachineExists'])
  const known = await trial.enrol(secret, first, { name: 'web-2' })
  expect([known.status, known.body.error.code]).toEqual([409, 'KeyKnown'])
  expect((await trial.enrol(secret, await makeKeys(), { name: 'web-2' })).status).toBe(201)
})

test('the key of a deleted machine is refused for ever, with its old token and with a new one', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret()
  const keys = await makeKeys()
  const { body } = await trial.enrol(secret, keys)
  await trial.registry.deleteMachine(body.identity.resourceId)
  expect((await trial.enrol(secret, keys)).body.error.code).toBe('MachineDeleted')
  expect((await trial.enrol(await trial.joinSecret(), keys)).body.error.code).toBe('KeyKnown')
})

test('a disabled machine is told so instead of its answer', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret()
  const keys = await makeKeys()
  const { body } = await trial.enrol(secret, keys)
  await trial.registry.disableMachine(body.identity.resourceId)
  expect((await trial.enrol(secret, keys)).body.error.code).toBe('MachineDisabled')
})

test('a proof must be by the key itself, for this route', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret()
  const keys = await makeKeys()
  const proofs = [
    await trial.proof(await makeKeys(), ONBOARDING_PATH.enrol),
    await trial.proof(keys, ONBOARDING_PATH.renew),
    'x',
  ]
  for (const proof of proofs) {
    const { status, body } = await trial.enrol(secret, keys, { proof })
    expect([status, body.error.code]).toEqual([400, 'InvalidProof'])
  }
  const proof = await trial.proof(keys, ONBOARDING_PATH.enrol)
  trial.clock.advance(601)
  expect((await trial.enrol(secret, keys, { proof })).body.error.code).toBe('ProofOutOfTime')
})

test('weak, odd and private keys are refused, and no answer repeats them', async () => {
  const trial = await startTrialOnboarding()
  const { privateKey } = await makeKeys()
  const secret = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const n = Buffer.alloc(513, 0xff).toString('base64url')
  const large = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' })
  const pem = (key: typeof weak) => key.export({ format: 'pem', type: 'spki' }).toString()
  for (const publicKey of ['', 'x', secret, pem(weak), pem(large)]) {
    const { status, body } = await trial.enrol('x', { privateKey, publicKey })
    expect([status, body.error.code]).toEqual([400, 'InvalidKey'])
    expect(JSON.stringify(body)).not.toContain(secret.split('\n')[1])
  }
})

const WRONG: [what: string, changes: Record<string, unknown>][] = [
  ['a name with a space', { name: 'a b' }],
  ['no name', { name: undefined }],
  ['a name that is a number', { name: 7 }],
  ['a location with a slash', { location: 'a/b' }],
  ['a vmId that is no GUID', { vmId: 'x' }],
  ['tags that are a list', { tags: ['a'] }],
  ['a tag that is a number', { tags: { a: 1 } }],
  ['properties that are text', { properties: 'x' }],
  ['a proof of 5 kB', { proof: 'x'.repeat(5000) }],
]
test('wrong types and values are a 400', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret()
  const keys = await makeKeys()
  for (const [what, changes] of WRONG) {
    const { status, body } = await trial.enrol(secret, keys, changes)
    expect([what, status, body.error.code]).toEqual([
      what,
      400,
      expect.stringMatching(/^Invalid(Parameter|RequestContent)$/),
    ])
  }
})

test('a body that is too large is a 413, and one that is no JSON a 400', async () => {
  const { ask } = await startTrialOnboarding()
  const send = (text: string) => ask(ONBOARDING_PATH.enrol, { method: 'POST', text, as: undefined })
  expect((await send(JSON.stringify({ name: 'x'.repeat(70_000) }))).status).toBe(413)
  expect((await send('{')).status).toBe(400)
  expect((await send('[]')).status).toBe(400)
  expect((await send('')).status).toBe(400)
})

test('no secret reaches the database', async () => {
  const trial = await startTrialOnboarding()
  const secret = await trial.joinSecret()
  await trial.enrol(secret, await makeKeys(), { vmId: randomUUID() })
  const rows = await trial.storage.db.selectFrom('join_token').selectAll().execute()
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows)).not.toContain(secret)
})
