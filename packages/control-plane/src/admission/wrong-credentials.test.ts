import { CLIENT_CREDENTIALS, ONBOARDING_PATH } from '@landfast/protocol'
import type { FastifyRequest } from 'fastify'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { ArmError } from '../arm/arm-error.ts'
import { AuthorityError } from '../authority/authority-error.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { Claimant } from '../limits/request-limits.ts'
import { TooManyRequests } from '../limits/too-many-requests.ts'
import { OnboardingError } from '../onboarding/onboarding-error.ts'
import {
  askForToken,
  makeAssertion,
  makeKeys,
  RESOURCE,
  registerTrialMachine,
  send,
  startTrial,
  type TrialMachine,
} from '../testing/trial.ts'
import { giveTrialIdentity, makeTrialApplication } from '../testing/trial-application.ts'
import { startTrialOnboarding } from '../testing/trial-onboarding.ts'
import { codeOf, startTrialResourceManager } from '../testing/trial-resource-manager.ts'
import { createRefusalWeighing } from './wrong-credentials.ts'

const WRONG = { client_assertion: 'x.y.z' }

test('after thirty wrong assertions in its name a client is told to wait with the next, and a right one gets its token at once', async () => {
  const trial = await startTrial()
  const machine = await registerTrialMachine(trial)
  for (let count = 0; count < 30; count += 1) {
    expect((await askForToken(machine, trial, WRONG)).status).toBe(401)
  }
  const { status, headers, body } = await askForToken(machine, trial, WRONG)
  expect([status, body.error, body.error_codes, headers['retry-after']]).toEqual([
    429,
    'temporarily_unavailable',
    [90055],
    '2',
  ])
  expect((await askForToken(machine, trial)).status).toBe(200)
})

test('however many wrong credentials of every kind come from an address, every right one there is served', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const { clientId, secret } = await makeTrialApplication(trial, { time: trial.clock.now() })
  const token = `${trial.controlPlane.url}/${trial.tenantId}/oauth2/v2.0/token`
  const form = { grant_type: CLIENT_CREDENTIALS, scope: `${RESOURCE}/.default`, client_id: clientId }
  const wrong = [
    () => send(trial.controlPlane, token, { form: { ...form, client_secret: 'wrong' } }),
    () => trial.ask('/subscriptions?api-version=2022-12-01', { as: { token: 'wrong' } }),
    () => trial.beat({ ...machine, certificate: trial.owner.machine.certificate }, machine.nonce),
  ]
  const floods = Array.from({ length: 330 }, (_, index) => wrong[index % wrong.length]?.())
  const statuses = new Set((await Promise.all(floods)).map((answer) => answer?.status))
  expect(statuses).toEqual(new Set([401, 429]))

  const keys = await makeKeys()
  const right = [
    await send(trial.controlPlane, token, { form: { ...form, client_secret: secret } }),
    await askForToken(trial.owner.machine, { ...trial, controlPlane: trial.controlPlane as ControlPlane }),
    await trial.ask('/subscriptions?api-version=2022-12-01'),
    await trial.beat(machine, machine.nonce),
    await trial.renew(machine, keys),
    await trial.enrol(await trial.joinSecret(), await makeKeys(), { name: 'web-2' }),
  ]
  expect(right.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 201])
})

test('who signed rightly is told what is wrong with the rest, also among wrong ones', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  trial.clock.advance(4_000)
  for (let count = 0; count < 310; count += 1) await trial.ask('/subscriptions', { as: { token: 'wrong' } })
  const claims = { exp: 1, iat: 0, nbf: 0 }
  const assertion = await trial.assertion(machine, ONBOARDING_PATH.heartbeat, claims)
  const answers = [
    await trial.beat(machine, machine.nonce, { assertion }),
    await trial.ask('/subscriptions?api-version=2022-12-01'),
  ]
  expect(answers.map(codeOf)).toEqual([
    [401, 'AssertionOutOfTime'],
    [401, 'ExpiredAuthenticationToken'],
  ])
})

test('a request without any credential is no wrong one', async () => {
  const trial = await startTrialResourceManager()
  for (let count = 0; count < 310; count += 1) await trial.ask('/subscriptions', { as: undefined })
  expect((await trial.ask('/subscriptions', { as: { token: 'wrong' } })).status).toBe(401)
})

test('behind a trusted proxy it is the address that the proxy tells, behind any other the proxy’s own', async () => {
  for (const [trustedProxies, status] of [
    [['127.0.0.1'], 401],
    [[], 429],
  ] as const) {
    const trial = await startTrial({ trustedProxies })
    const machine = await registerTrialMachine(trial)
    const from = (address: string) => ({ ...trial, headers: { 'X-Forwarded-For': address } })
    for (let count = 0; count < 31; count += 1) await askForToken(machine, from('198.51.100.1'), WRONG)
    expect((await askForToken(machine, from('198.51.100.2'), WRONG)).status).toBe(status)
  }
})

test('one machine that asks for the tokens of an identity does not use up what another may ask for it', async () => {
  const trial = await startTrialResourceManager({ callerRequestsPerSecond: 1 })
  const [greedy, other] = [
    await registerTrialMachine(trial, { name: 'greedy' }),
    await registerTrialMachine(trial, { name: 'other' }),
  ]
  const identity = await giveTrialIdentity(trial, greedy.identity)
  const pair = {
    machine_principal_id: other.identity.principalId,
    identity_principal_id: identity.principalId,
  }
  await trial.storage.db.insertInto('machine_user_identity').values(pair).execute()
  const controlPlane = trial.controlPlane as ControlPlane
  const ask = (machine: TrialMachine) =>
    askForToken(machine, { ...trial, controlPlane }, { client_id: identity.clientId })
  for (let count = 0; count < 10; count += 1) expect((await ask(greedy)).status).toBe(200)
  expect([(await ask(greedy)).status, (await ask(other)).status]).toEqual([429, 200])
})

test('an assertion that is presented again and again makes ten rows a minute, and costs its machine no token', async () => {
  const started = await startTrialResourceManager({ callerRequestsPerSecond: 1 })
  const trial = { ...started, controlPlane: started.controlPlane as ControlPlane }
  const machine = await registerTrialMachine(trial)
  const spent = { client_assertion: await makeAssertion(machine, trial) }
  expect((await askForToken(machine, trial, spent)).status).toBe(200)
  for (let count = 0; count < 25; count += 1) {
    expect((await askForToken(machine, trial, spent)).body.error_codes).toEqual([50013])
  }
  const rows = await trial.storage.db.selectFrom('audit').select('id').where('code', '=', '50013').execute()
  expect(rows).toHaveLength(10)
  expect((await askForToken(machine, trial)).status).toBe(200)
})

test('a flood of wrong credentials makes ten lines a minute for each kind in the log, and the next says how many more', async () => {
  const lines: { msg: string; code: string; suppressed: number }[] = []
  const log = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line)) })
  const trial = await startTrialOnboarding({ log })
  const machine = { ...trial.owner.machine, certificate: (await trial.enrolMachine()).certificate }
  const flood = async () => {
    await askForToken(machine, { ...trial, controlPlane: trial.controlPlane as ControlPlane })
    await trial.ask('/subscriptions', { as: { token: 'wrong' } })
    await trial.beat({ ...machine, clientId: '' }, 'nonce')
  }
  for (let count = 0; count < 320; count += 1) await flood()
  trial.clock.advance(60)
  await flood()
  const refusals = Map.groupBy(
    lines.filter(({ msg }) => msg.endsWith('refused')),
    ({ msg, suppressed }) => `${msg}, ${suppressed} left out`,
  )
  expect([...refusals].map(([what, all]) => [what, all.length])).toEqual([
    ['token refused, 0 left out', 10],
    ['request refused, 0 left out', 20],
    ['token refused, 310 left out', 1],
    ['request refused, 310 left out', 2],
  ])
})

test('a heartbeat that is presented again and again uses up nothing of what its machine may do', async () => {
  const trial = await startTrialOnboarding({ callerRequestsPerSecond: 1 })
  const machine = await trial.enrolMachine()
  const spent = { assertion: await trial.assertion(machine, ONBOARDING_PATH.heartbeat) }
  const { body } = await trial.beat(machine, machine.nonce, spent)
  for (let count = 0; count < 15; count += 1) {
    expect(codeOf(await trial.beat(machine, body.nonce, spent))).toEqual([401, 'AssertionSpent'])
  }
  expect((await trial.beat(machine, body.nonce)).status).toBe(200)
})

test('a machine that asks for token after token waits, and nobody else can use up what it may do', async () => {
  const trial = await startTrial({ callerRequestsPerSecond: 1 })
  const machine = await registerTrialMachine(trial)
  for (let count = 0; count < 15; count += 1) await askForToken(machine, trial, WRONG)
  for (let count = 0; count < 10; count += 1) expect((await askForToken(machine, trial)).status).toBe(200)
  const { status, headers } = await askForToken(machine, trial)
  expect([status, headers['retry-after']]).toEqual([429, '1'])
})

test('a caller of the Resource Manager with too many wrong tokens is told so in its form', async () => {
  const trial = await startTrialResourceManager()
  const ask = () => trial.ask('/subscriptions?api-version=2022-12-01', { as: { token: 'wrong' } })
  for (let count = 0; count < 300; count += 1) expect((await ask()).status).toBe(401)
  const { status, body, headers } = await ask()
  expect([status, body.error.code, headers['retry-after']]).toEqual([429, 'TooManyRequests', '1'])
})

test('a machine with heartbeat after heartbeat waits; a copy with its former key does not use up its own', async () => {
  const trial = await startTrialOnboarding({ callerRequestsPerSecond: 1 })
  const machine = await trial.enrolMachine()
  const keys = await makeKeys()
  const { body } = await trial.renew(machine, keys)
  const renewed = { ...machine, ...keys, certificate: body.certificate }
  const first = await trial.beat(renewed, machine.nonce)
  expect(first.status).toBe(200)
  const copies = []
  for (let count = 0; count < 10; count += 1) copies.push((await trial.beat(machine, machine.nonce)).status)
  expect(copies).toEqual([...Array(9).fill(409), 429])
  let { nonce } = first.body
  for (let count = 1; count < 10; count += 1) nonce = (await trial.beat(renewed, nonce)).body.nonce
  const late = await trial.beat(renewed, nonce)
  expect([late.status, late.body.error.code, late.headers['retry-after']]).toEqual([
    429,
    'TooManyRequests',
    '1',
  ])
  trial.clock.advance(1)
  expect((await trial.beat(renewed, nonce)).status).toBe(200)
})

test('a client that names itself in the header waits as one that does so in the form', async () => {
  const { controlPlane, storage, tenantId, clock } = await startTrialResourceManager({
    callerRequestsPerSecond: 1,
  })
  const { clientId, secret } = await makeTrialApplication({ storage, tenantId }, { time: clock.now() })
  const ask = () =>
    send(controlPlane, `${controlPlane.url}/${tenantId}/oauth2/v2.0/token`, {
      form: { grant_type: CLIENT_CREDENTIALS, scope: `${RESOURCE}/.default` },
      headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
    })
  for (let count = 0; count < 10; count += 1) expect((await ask()).status).toBe(200)
  expect((await ask()).status).toBe(429)
})

const CLIENT = '6f2d0f3c-0a52-4b52-9a1e-0d5e5a1f6b11'

/** Whose wrong credential a request was counted as that ended by `error`. */
function countedAs(error: Error, request: object = {}): Claimant[] {
  const counted: Claimant[] = []
  const wrong = (claimant: Claimant) => counted.push(claimant)
  const weigh = createRefusalWeighing({ wrong }, () => new Date(0))
  const answer = weigh(error, { ip: '192.0.2.1', headers: {}, body: undefined, ...request } as FastifyRequest)
  expect(answer instanceof TooManyRequests).toBe(counted.length > 0)
  return counted
}

const PROVES_NOTHING = [
  new AuthorityError('authorization_malformed'),
  new AuthorityError('client_id_malformed'),
  new AuthorityError('secret_wrong'),
  new AuthorityError('assertion_malformed'),
  new AuthorityError('client_mismatch'),
  new AuthorityError('signature_invalid'),
  new AuthorityError('federation_unmatched'),
  new AuthorityError('federation_malformed'),
  new ArmError('InvalidAuthenticationToken'),
  new OnboardingError('AssertionRefused'),
  new OnboardingError('JoinTokenRefused'),
]
for (const error of PROVES_NOTHING) {
  test(`a credential that ends in ${error.code} counts as a wrong one of its address`, () => {
    expect(countedAs(error)).toEqual([{ address: '192.0.2.1', clientId: undefined }])
  })
}

test('what is refused for another reason than a wrong credential is not counted', () => {
  const others = [
    new AuthorityError('assertion_out_of_time'),
    new AuthorityError('client_disabled'),
    new OnboardingError('KeyRetired'),
    new OnboardingError('MachineCloned'),
    new Error('signature_invalid'),
  ]
  expect(others.flatMap((error) => countedAs(error))).toEqual([])
})

test('a client is counted by the id that it says it has, and no other text is remembered as one', () => {
  const error = new AuthorityError('secret_wrong')
  const clientOf = (request: object) => countedAs(error, request).map(({ clientId }) => clientId)
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
  expect(clientOf({ body: { client_id: CLIENT.toUpperCase() } })).toEqual([CLIENT])
  expect(clientOf({ headers: basic(`${CLIENT}:secret`) })).toEqual([CLIENT])
  for (const body of [{ client_id: 'x'.repeat(9_000) }, { client_id: [CLIENT] }, 'text', null]) {
    expect(clientOf({ body })).toEqual([undefined])
  }
  for (const headers of [basic('x:y'), { authorization: 'Basic' }, { authorization: 'Bearer x' }]) {
    expect(clientOf({ headers })).toEqual([undefined])
  }
})
