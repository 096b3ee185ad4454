import { X509Certificate } from 'node:crypto'
import { ONBOARDING_PATH } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import type { ControlPlane } from '../control-plane.ts'
import { askForToken, makeKeys } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import {
  type EnrolledMachine,
  type MachineKeys,
  startTrialOnboarding,
  type TrialOnboarding,
} from '../testing/trial-onboarding.ts'

const DAY_SECONDS = 86_400

/** The status of a token request by `machine`. */
async function tokenStatus(
  { controlPlane, clock }: TrialOnboarding,
  machine: EnrolledMachine,
): Promise<number> {
  const { status } = await askForToken(machine, { controlPlane: controlPlane as ControlPlane, clock })
  return status
}

/** The machine once it has put `keys` with its new certificate in the place of the old ones. */
async function renewed(
  trial: TrialOnboarding,
  machine: EnrolledMachine,
  keys: MachineKeys,
): Promise<EnrolledMachine> {
  const { status, body } = await trial.renew(machine, keys)
  expect([status, Object.keys(body)]).toEqual([200, ['certificate']])
  return { ...machine, ...keys, ...body }
}

describe.each(DATABASES)('on %s', (database) => {
  test('both keys are good until the new one is used for a token; then the old one never is again', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const successor = await renewed(trial, machine, await makeKeys())
    expect(await tokenStatus(trial, machine)).toBe(200)
    expect(await tokenStatus(trial, successor)).toBe(200)
    expect(await tokenStatus(trial, machine)).toBe(401)
    const { status, body } = await trial.renew(machine, await makeKeys())
    expect([status, body.error.code]).toEqual([401, 'KeyRetired'])
    expect(successor.identity).toEqual(machine.identity)
    expect(await trial.audited('renew-machine-key')).toEqual([
      { outcome: 'done', code: null },
      { outcome: 'refused', code: 'KeyRetired' },
    ])
  })

  test('a machine whose answer was lost gets the same certificate for the same key, also at once', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const keys = await makeKeys()
    const answers = await Promise.all([1, 2, 3].map(() => trial.renew(machine, keys)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(answers.map(({ body }) => body.certificate)).size).toBe(1)
    expect(await trial.audited('renew-machine-key')).toHaveLength(1)
  })

  test('one key waits at most: another one takes its place for ever', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const [lost, kept] = [await makeKeys(), await makeKeys()]
    const first = await renewed(trial, machine, lost)
    const second = await renewed(trial, machine, kept)
    expect(await tokenStatus(trial, first)).toBe(401)
    expect((await trial.renew(machine, lost)).body.error.code).toBe('KeyKnown')
    expect(await tokenStatus(trial, second)).toBe(200)
  })

  test('a machine returns within the recovery policy with its last key, and is the same', async () => {
    const trial = await startTrialOnboarding({ database, recoveryDays: 30 })
    const machine = await trial.enrolMachine()
    await trial.beat(machine, machine.nonce)
    trial.clock.advance(120 * DAY_SECONDS - 60)
    expect(await tokenStatus(trial, machine)).toBe(401)
    const successor = await renewed(trial, machine, await makeKeys())
    expect(await tokenStatus(trial, successor)).toBe(200)
    expect((await trial.beat(successor, machine.nonce)).status).toBe(200)
    expect(await trial.audited('return-machine')).toEqual([{ outcome: 'done', code: null }])
  })
})

test('after the recovery policy a machine does not return, nor at all where that is 0', async () => {
  for (const recoveryDays of [30, 0]) {
    const trial = await startTrialOnboarding({ recoveryDays })
    const machine = await trial.enrolMachine()
    trial.clock.advance((90 + recoveryDays) * DAY_SECONDS)
    const { status, body } = await trial.renew(machine, await makeKeys())
    expect([recoveryDays, status, body.error.code]).toEqual([recoveryDays, 401, 'ReturnRefused'])
  }
})

test('a machine that was deleted or disabled neither renews nor returns', async () => {
  const trial = await startTrialOnboarding()
  const { registry } = trial
  const [deleted, disabled] = [await trial.enrolMachine('a'), await trial.enrolMachine('b')]
  await registry.deleteMachine(deleted.identity.resourceId)
  await registry.disableMachine(disabled.identity.resourceId)
  for (const days of [0, 100]) {
    trial.clock.advance(days * DAY_SECONDS)
    const codes = [
      (await trial.renew(deleted, await makeKeys())).body.error.code,
      (await trial.renew(disabled, await makeKeys())).body.error.code,
    ]
    expect(codes).toEqual(['MachineDeleted', 'MachineDisabled'])
  }
})

test('a machine that was disabled is not given again what it was given before', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const keys = await makeKeys()
  await renewed(trial, machine, keys)
  await trial.registry.disableMachine(machine.identity.resourceId)
  const { status, body } = await trial.renew(machine, keys)
  expect([status, body.error.code]).toEqual([401, 'MachineDisabled'])
})

test('a retired key is not given the certificate of the key that waits', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const second = await renewed(trial, machine, await makeKeys())
  const keys = await makeKeys()
  await renewed(trial, second, keys)
  const { status, body } = await trial.renew(machine, keys)
  expect([status, body.error.code]).toEqual([401, 'KeyRetired'])
})

test('a key that waited for so long that its certificate ended is certified anew', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const keys = await makeKeys()
  const lost = await renewed(trial, machine, keys)
  trial.clock.advance(100 * DAY_SECONDS)
  const again = await renewed(trial, machine, keys)
  expect(again.certificate).not.toBe(lost.certificate)
  expect(new X509Certificate(again.certificate).validToDate.getTime()).toBeGreaterThan(
    trial.clock.now().getTime() + 89 * DAY_SECONDS * 1000,
  )
  expect(await tokenStatus(trial, again)).toBe(200)
})

test('a renewal by a key that waited proves that key, and ends the one before', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const second = await renewed(trial, machine, await makeKeys())
  const third = await renewed(trial, second, await makeKeys())
  expect(await tokenStatus(trial, machine)).toBe(401)
  expect(await tokenStatus(trial, second)).toBe(200)
  expect(await tokenStatus(trial, third)).toBe(200)
})

test('an assertion renews one key only', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const assertion = await trial.assertion(machine, ONBOARDING_PATH.renew)
  const keys = await makeKeys()
  const first = await trial.renew(machine, keys, { assertion })
  const repeated = await trial.renew(machine, keys, { assertion })
  expect(repeated.body).toEqual(first.body)
  const other = await trial.renew(machine, await makeKeys(), { assertion })
  expect([other.status, other.body.error.code]).toEqual([401, 'AssertionSpent'])
})

test('no key of another machine or of its own is taken, nor a proof that the new key did not make', async () => {
  const trial = await startTrialOnboarding()
  const [machine, other] = [await trial.enrolMachine('a'), await trial.enrolMachine('b')]
  expect((await trial.renew(machine, other)).body.error.code).toBe('KeyKnown')
  expect((await trial.renew(machine, machine)).body.error.code).toBe('KeyKnown')
  const waits = await makeKeys()
  await renewed(trial, other, waits)
  expect((await trial.renew(machine, waits)).body.error.code).toBe('KeyKnown')
  const keys = await makeKeys()
  for (const proof of [
    await trial.proof(machine, ONBOARDING_PATH.renew),
    await trial.proof(keys, ONBOARDING_PATH.enrol),
  ]) {
    expect((await trial.renew(machine, keys, { proof })).body.error.code).toBe('InvalidProof')
  }
  expect(await tokenStatus(trial, machine)).toBe(200)
})

test('an assertion for another URL or by another key renews nothing', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const stranger = { ...machine, privateKey: (await makeKeys()).privateKey }
  for (const assertion of [
    await trial.assertion(machine, ONBOARDING_PATH.heartbeat),
    await trial.assertion(stranger, ONBOARDING_PATH.renew),
  ]) {
    const { status, body } = await trial.renew(machine, await makeKeys(), { assertion })
    expect([status, body.error.code]).toEqual([401, 'AssertionRefused'])
  }
})
