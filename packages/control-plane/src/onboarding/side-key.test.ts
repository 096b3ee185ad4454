/** What holds of every key that is certified beside a machine's own. */

import { CLIENT_CREDENTIALS, JWT_BEARER, ONBOARDING_PATH } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { makeKeys, send } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import {
  type EnrolledMachine,
  startTrialOnboarding,
  type TrialOnboarding,
} from '../testing/trial-onboarding.ts'

const { attestation, entra, heartbeat, renew } = ONBOARDING_PATH

describe.each([
  { certify: 'attest', path: attestation, action: 'certify-attestation', others: [renew, heartbeat, entra] },
  { certify: 'certifyEntra', path: entra, action: 'certify-entra', others: [renew, heartbeat, attestation] },
] as const)('$action', ({ certify, path, action, others }) => {
  test.each(DATABASES)(
    'on %s, an assertion certifies one key only, and is good for no other route',
    async (database) => {
      const trial = await startTrialOnboarding({ database })
      const machine = await trial.enrolMachine()
      const assertion = await trial.assertion(machine, path)
      expect((await trial[certify](machine, await makeKeys(), { assertion })).status).toBe(200)
      const again = await trial[certify](machine, await makeKeys(), { assertion })
      expect([again.status, again.body.error.code]).toEqual([401, 'AssertionSpent'])
      for (const otherPath of others) {
        const other = await trial.assertion(machine, otherPath)
        const { body } = await trial[certify](machine, await makeKeys(), { assertion: other })
        expect(body.error.code).toBe('AssertionRefused')
      }
      const elsewhere = await trial.assertion(machine, path)
      expect((await trial.renew(machine, await makeKeys(), { assertion: elsewhere })).status).toBe(401)
    },
  )

  test('the certified key is no machine: neither heartbeat, renewal, token nor another certificate comes of it', async () => {
    const trial = await startTrialOnboarding()
    const machine = await trial.enrolMachine()
    const keys = await makeKeys()
    const { body } = await trial[certify](machine, keys)
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

  test('no key of a machine is certified, nor one whose holder does not prove it, nor what is no key', async () => {
    const trial = await startTrialOnboarding()
    const [machine, other] = [await trial.enrolMachine('a'), await trial.enrolMachine('b')]
    expect((await trial[certify](machine, machine)).body.error.code).toBe('KeyKnown')
    expect((await trial[certify](machine, other)).body.error.code).toBe('KeyKnown')
    const keys = await makeKeys()
    for (const proof of [await trial.proof(machine, path), await trial.proof(keys, renew)]) {
      expect((await trial[certify](machine, keys, { proof })).body.error.code).toBe('InvalidProof')
    }
    expect((await trial[certify](machine, { ...keys, publicKey: 'x' })).body.error.code).toBe('InvalidKey')
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
    expect((await trial[certify](deleted, await makeKeys())).body.error.code).toBe('MachineDeleted')
    expect((await trial[certify](disabled, await makeKeys())).body.error.code).toBe('MachineDisabled')
    trial.clock.advance(91 * 86_400)
    expect((await trial[certify](late, await makeKeys())).body.error.code).toBe('CertificateExpired')
    expect(await trial.audited(action)).toHaveLength(3)
  })
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
