import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CLIENT_CREDENTIALS, JWT_BEARER, ONBOARDING_PATH } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { makeKeys, send } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import {
  APPLICATION_ID,
  type EnrolledMachine,
  startTrialOnboarding,
  type TrialOnboarding,
} from '../testing/trial-onboarding.ts'

const DAY_MS = 86_400_000
const JWT_SIGNING = '1.3.6.1.5.5.7.3.37'

describe.each(DATABASES)('on %s', (database) => {
  test('a machine has a key certified for its application, by the CA, for a year and for JWTs alone', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const keys = await makeKeys()
    const { status, body } = await trial.certifyEntra(machine, keys, { hostName: 'host-a' })
    expect([status, Object.keys(body)]).toEqual([200, ['certificate']])
    const certificate = new X509Certificate(body.certificate)
    const ca = new X509Certificate(readFileSync(trial.controlPlane.caFile))
    expect(certificate.verify(ca.publicKey)).toBe(true)
    expect(certificate.ca).toBe(false)
    expect(certificate.checkPrivateKey(keys.privateKey)).toBe(true)
    expect(certificate.keyUsage).toEqual([JWT_SIGNING])
    expect(certificate.subject).toBe(`O=Landfast\nCN=${machine.clientId}\nOU=Entra ${APPLICATION_ID}`)
    const { validFromDate, validToDate } = certificate
    expect(validToDate.getTime() - validFromDate.getTime()).toBeLessThanOrEqual(365 * DAY_MS)
    expect(validToDate.getTime() - trial.clock.now().getTime()).toBeGreaterThan(363 * DAY_MS)
    const rows = await trial.storage.db
      .selectFrom('audit')
      .select(['outcome', 'client_id', 'audience', 'origin'])
      .where('action', '=', 'certify-entra')
      .execute()
    const origin = expect.stringContaining('"host-a"')
    expect(rows).toEqual([{ outcome: 'done', client_id: machine.clientId, audience: APPLICATION_ID, origin }])
  })

  test('an assertion certifies one key only, and is good for no other route', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const assertion = await trial.assertion(machine, ONBOARDING_PATH.entra)
    expect((await trial.certifyEntra(machine, await makeKeys(), { assertion })).status).toBe(200)
    const again = await trial.certifyEntra(machine, await makeKeys(), { assertion })
    expect([again.status, again.body.error.code]).toEqual([401, 'AssertionSpent'])
    for (const path of [ONBOARDING_PATH.renew, ONBOARDING_PATH.attestation]) {
      const other = await trial.assertion(machine, path)
      const { body } = await trial.certifyEntra(machine, await makeKeys(), { assertion: other })
      expect(body.error.code).toBe('AssertionRefused')
    }
  })
})

test('the certified key is no machine: neither heartbeat, renewal, token nor another certificate comes of it', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const keys = await makeKeys()
  const { body } = await trial.certifyEntra(machine, keys)
  const impostor = { ...machine, ...keys, certificate: body.certificate }
  const answers = [
    await trial.beat(impostor, machine.nonce),
    await trial.renew(impostor, await makeKeys()),
    await trial.attest(impostor, await makeKeys()),
    await trial.certifyEntra(impostor, await makeKeys()),
  ]
  expect(answers.map((answer) => answer.body.error.code)).toEqual(Array(4).fill('AssertionRefused'))
  expect((await askToken(trial, machine)).status).toBe(200)
  const refused = await askToken(trial, impostor)
  expect([refused.status, refused.body.error_codes]).toEqual([401, [700027]])
})

async function askToken({ controlPlane, assertion }: TrialOnboarding, machine: EnrolledMachine) {
  const path = `${new URL(machine.authority).pathname}/oauth2/v2.0/token`
  const form = new URLSearchParams({
    grant_type: CLIENT_CREDENTIALS,
    scope: 'https://storage.azure.com/.default',
    client_id: machine.clientId,
    client_assertion_type: JWT_BEARER,
    client_assertion: await assertion(machine, path),
  })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return await send(controlPlane, controlPlane.url + path, { method: 'POST', headers, body: form.toString() })
}

test('no key of a machine is certified, nor one whose holder does not prove it, nor one for what is no application', async () => {
  const trial = await startTrialOnboarding()
  const [machine, other] = [await trial.enrolMachine('a'), await trial.enrolMachine('b')]
  expect((await trial.certifyEntra(machine, machine)).body.error.code).toBe('KeyKnown')
  expect((await trial.certifyEntra(machine, other)).body.error.code).toBe('KeyKnown')
  const keys = await makeKeys()
  for (const proof of [
    await trial.proof(machine, ONBOARDING_PATH.entra),
    await trial.proof(keys, ONBOARDING_PATH.renew),
  ]) {
    expect((await trial.certifyEntra(machine, keys, { proof })).body.error.code).toBe('InvalidProof')
  }
  for (const applicationId of [undefined, '', 'web', `${APPLICATION_ID}\n`, `${APPLICATION_ID},CN=x`]) {
    const { status, body } = await trial.certifyEntra(machine, keys, { applicationId })
    expect([status, body.error.code]).toEqual([400, 'InvalidRequestContent'])
  }
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
  expect((await trial.certifyEntra(deleted, await makeKeys())).body.error.code).toBe('MachineDeleted')
  expect((await trial.certifyEntra(disabled, await makeKeys())).body.error.code).toBe('MachineDisabled')
  trial.clock.advance(91 * 86_400)
  expect((await trial.certifyEntra(late, await makeKeys())).body.error.code).toBe('CertificateExpired')
  expect(await trial.audited('certify-entra')).toHaveLength(3)
})

test('a machine has ten in a row and then one an hour, whatever other machines have', async () => {
  const trial = await startTrialOnboarding()
  const [machine, other] = [await trial.enrolMachine('a'), await trial.enrolMachine('b')]
  const keys = await makeKeys()
  const refused = await trial.certifyEntra(machine, keys, { assertion: 'a.b.c' })
  expect(refused.status).toBe(401)
  for (let had = 0; had < 10; had += 1) expect((await trial.certifyEntra(machine, keys)).status).toBe(200)
  const early = await trial.certifyEntra(machine, keys)
  expect([early.status, early.headers['retry-after']]).toEqual([429, '3600'])
  expect((await trial.certifyEntra(other, keys)).status).toBe(200)
  expect((await trial.beat(machine, machine.nonce)).status).toBe(200)
  trial.clock.advance(3600)
  expect((await trial.certifyEntra(machine, keys)).status).toBe(200)
})
