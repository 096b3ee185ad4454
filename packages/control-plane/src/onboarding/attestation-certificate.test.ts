import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ONBOARDING_PATH } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { makeKeys } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { startTrialOnboarding } from '../testing/trial-onboarding.ts'

const HOUR_MS = 3_600_000
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'

describe.each(DATABASES)('on %s', (database) => {
  test('a machine has a key certified for a day, by the CA and for no TLS', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const keys = await makeKeys()
    const { status, body } = await trial.attest(machine, keys)
    expect([status, Object.keys(body)]).toEqual([200, ['certificate']])
    const certificate = new X509Certificate(body.certificate)
    const ca = new X509Certificate(readFileSync(trial.controlPlane.caFile))
    expect(certificate.verify(ca.publicKey)).toBe(true)
    expect(certificate.ca).toBe(false)
    expect(certificate.checkPrivateKey(keys.privateKey)).toBe(true)
    expect(certificate.keyUsage).toEqual([EMAIL_PROTECTION])
    expect(certificate.subject).toBe(`O=Landfast\nCN=${machine.clientId}\nOU=Attestation`)
    expect(certificate.validToDate.getTime() - trial.clock.now().getTime()).toBeLessThanOrEqual(24 * HOUR_MS)
    expect(await trial.audited('certify-attestation')).toEqual([{ outcome: 'done', code: null }])
  })

  test('an assertion certifies one key only, and is good for no other route', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const assertion = await trial.assertion(machine, ONBOARDING_PATH.attestation)
    expect((await trial.attest(machine, await makeKeys(), { assertion })).status).toBe(200)
    const again = await trial.attest(machine, await makeKeys(), { assertion })
    expect([again.status, again.body.error.code]).toEqual([401, 'AssertionSpent'])
    for (const path of [ONBOARDING_PATH.renew, ONBOARDING_PATH.heartbeat]) {
      const other = await trial.assertion(machine, path)
      const { body } = await trial.attest(machine, await makeKeys(), { assertion: other })
      expect(body.error.code).toBe('AssertionRefused')
    }
    const elsewhere = await trial.assertion(machine, ONBOARDING_PATH.attestation)
    expect((await trial.renew(machine, await makeKeys(), { assertion: elsewhere })).status).toBe(401)
  })
})

test('the certified key is no machine: neither heartbeat nor renewal nor another certificate comes of it', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const keys = await makeKeys()
  const { body } = await trial.attest(machine, keys)
  const impostor = { ...machine, ...keys, certificate: body.certificate }
  const answers = [
    await trial.beat(impostor, machine.nonce),
    await trial.renew(impostor, await makeKeys()),
    await trial.attest(impostor, await makeKeys()),
  ]
  expect(answers.map((answer) => answer.body.error.code)).toEqual(Array(3).fill('AssertionRefused'))
})

test('no key of a machine is certified, nor one whose holder does not prove it', async () => {
  const trial = await startTrialOnboarding()
  const [machine, other] = [await trial.enrolMachine('a'), await trial.enrolMachine('b')]
  expect((await trial.attest(machine, machine)).body.error.code).toBe('KeyKnown')
  expect((await trial.attest(machine, other)).body.error.code).toBe('KeyKnown')
  const keys = await makeKeys()
  for (const proof of [
    await trial.proof(machine, ONBOARDING_PATH.attestation),
    await trial.proof(keys, ONBOARDING_PATH.renew),
  ]) {
    expect((await trial.attest(machine, keys, { proof })).body.error.code).toBe('InvalidProof')
  }
  expect((await trial.attest(machine, { ...keys, publicKey: 'x' })).body.error.code).toBe('InvalidKey')
})

test('a machine that was deleted, disabled or is out of date gets no certificate', async () => {
  const trial = await startTrialOnboarding()
  const { registry } = trial
  const [deleted, disabled, late] = [
    await trial.enrolMachine('a'),
    await trial.enrolMachine('b'),
    await trial.enrolMachine('c'),
  ]
  await registry.deleteMachine(deleted.identity.resourceId)
  await registry.disableMachine(disabled.identity.resourceId)
  expect((await trial.attest(deleted, await makeKeys())).body.error.code).toBe('MachineDeleted')
  expect((await trial.attest(disabled, await makeKeys())).body.error.code).toBe('MachineDisabled')
  trial.clock.advance(91 * 86_400)
  expect((await trial.attest(late, await makeKeys())).body.error.code).toBe('CertificateExpired')
  expect(await trial.audited('certify-attestation')).toHaveLength(3)
})
