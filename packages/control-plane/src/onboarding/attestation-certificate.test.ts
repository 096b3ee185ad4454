import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
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
})
