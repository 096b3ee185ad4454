import { CLIENT_CREDENTIALS } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { askForToken, makeKeys, RESOURCE, registerTrialMachine, send, startTrial } from '../testing/trial.ts'
import { makeTrialApplication } from '../testing/trial-application.ts'
import { startTrialOnboarding } from '../testing/trial-onboarding.ts'
import { startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const WRONG = { client_assertion: 'x.y.z' }

test('after thirty wrong assertions a client waits, is told how long, and gets its token after that', async () => {
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
  trial.clock.advance(2)
  expect((await askForToken(machine, trial)).status).toBe(200)
})

test('another machine at the same address is not held up, nor are documents', async () => {
  const trial = await startTrial()
  const machine = await registerTrialMachine(trial)
  const other = await registerTrialMachine(trial, { name: 'm2' })
  for (let count = 0; count < 40; count += 1) await askForToken(machine, trial, WRONG)
  expect((await askForToken(other, trial)).status).toBe(200)
})

test('behind a trusted proxy it is the address that the proxy tells, behind any other the proxy’s own', async () => {
  for (const [trustedProxies, status] of [
    [['127.0.0.1'], 200],
    [[], 429],
  ] as const) {
    const trial = await startTrial({ trustedProxies })
    const machine = await registerTrialMachine(trial)
    const from = (address: string) => ({ ...trial, headers: { 'X-Forwarded-For': address } })
    for (let count = 0; count < 31; count += 1) await askForToken(machine, from('198.51.100.1'), WRONG)
    expect((await askForToken(machine, from('198.51.100.2'))).status).toBe(status)
  }
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
