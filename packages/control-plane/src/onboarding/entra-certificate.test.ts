import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { makeKeys } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { APPLICATION_ID, startTrialOnboarding } from '../testing/trial-onboarding.ts'

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
})

test('no key is certified for what is no application', async () => {
  const trial = await startTrialOnboarding()
  const [machine, keys] = [await trial.enrolMachine(), await makeKeys()]
  for (const applicationId of [undefined, '', 'web', `${APPLICATION_ID}\n`, `${APPLICATION_ID},CN=x`]) {
    const { status, body } = await trial.certifyEntra(machine, keys, { applicationId })
    expect([status, body.error.code]).toEqual([400, 'InvalidRequestContent'])
  }
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
