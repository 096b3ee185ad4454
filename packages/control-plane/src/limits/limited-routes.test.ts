import { expect, test } from 'vitest'
import { askForToken, registerTrialMachine, startTrial } from '../testing/trial.ts'
import { startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const WRONG = { client_assertion: 'x.y.z' }

test('after thirty wrong assertions a client waits, is told how long, and gets its token after that', async () => {
  const trial = await startTrial()
  const machine = await registerTrialMachine(trial.controlPlane)
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
  const machine = await registerTrialMachine(trial.controlPlane)
  const other = await registerTrialMachine(trial.controlPlane, { name: 'm2' })
  for (let count = 0; count < 40; count += 1) await askForToken(machine, trial, WRONG)
  expect((await askForToken(other, trial)).status).toBe(200)
})

test('behind a trusted proxy it is the address that the proxy tells, behind any other the proxy’s own', async () => {
  for (const [trustedProxies, status] of [
    [['127.0.0.1'], 200],
    [[], 429],
  ] as const) {
    const trial = await startTrial({ trustedProxies })
    const machine = await registerTrialMachine(trial.controlPlane)
    const from = (address: string) => ({ ...trial, headers: { 'X-Forwarded-For': address } })
    for (let count = 0; count < 31; count += 1) await askForToken(machine, from('198.51.100.1'), WRONG)
    expect((await askForToken(machine, from('198.51.100.2'))).status).toBe(status)
  }
})

test('a machine that asks for token after token waits, and nobody else can use up what it may do', async () => {
  const trial = await startTrial({ callerRequestsPerSecond: 1 })
  const machine = await registerTrialMachine(trial.controlPlane)
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
