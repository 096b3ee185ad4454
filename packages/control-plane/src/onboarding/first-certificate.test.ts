import { ONBOARDING_PATH } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { makeProof } from '../testing/machine-keys.ts'
import { type Answer, makeKeys } from '../testing/trial.ts'
import { type MachineKeys, startTrialOnboarding, type TrialOnboarding } from '../testing/trial-onboarding.ts'

const DAY_SECONDS = 86_400

/** A machine made through Resource Manager with the public half of `keys`; its ARM id. */
async function putMachine(trial: TrialOnboarding, keys: MachineKeys, name = 'web-1'): Promise<Answer> {
  const group = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop`
  await trial.ask(`${group}?api-version=2021-04-01`, { method: 'PUT', json: { location: 'cellar' } })
  const path = `${group}/providers/Microsoft.HybridCompute/machines/${name}?api-version=2025-01-13`
  const properties = { clientPublicKey: keys.publicKey }
  return trial.ask(path, { method: 'PUT', json: { location: 'cellar', properties } })
}

async function fetchCertificate(
  trial: TrialOnboarding,
  resourceId: string,
  keys: MachineKeys,
  proof?: string,
): Promise<Answer> {
  const json = { resourceId, proof: proof ?? (await trial.proof(keys, ONBOARDING_PATH.certificate)) }
  return trial.ask(ONBOARDING_PATH.certificate, { method: 'POST', json, as: undefined })
}

test('a machine that was created with its key fetches its certificate, as often as it likes', async () => {
  const trial = await startTrialOnboarding()
  const keys = await makeKeys()
  const { body: resource } = await putMachine(trial, keys)
  const first = await fetchCertificate(trial, resource.id.toUpperCase(), keys)
  expect([first.status, first.body]).toEqual([
    200,
    {
      authority: `${trial.controlPlane.url}/${trial.tenantId}`,
      identity: {
        tenantId: trial.tenantId,
        clientId: expect.any(String),
        principalId: resource.identity.principalId,
        resourceId: resource.id,
      },
      certificate: expect.stringContaining('BEGIN CERTIFICATE'),
      nonce: expect.any(String),
      location: 'cellar',
    },
  ])
  expect((await fetchCertificate(trial, resource.id, keys)).body).toEqual(first.body)
  const machine = { ...keys, ...first.body, clientId: first.body.identity.clientId }
  expect((await trial.beat(machine, machine.nonce)).status).toBe(200)
  const copy = await fetchCertificate(trial, resource.id, keys)
  expect([copy.status, copy.body.error.code]).toEqual([409, 'AlreadyConnected'])
})

test('whoever has another key is told the same as if there were no such machine', async () => {
  const trial = await startTrialOnboarding()
  const keys = await makeKeys()
  const { body: resource } = await putMachine(trial, keys)
  const stranger = await makeKeys()
  const url = trial.controlPlane.url + ONBOARDING_PATH.certificate
  const signedBy = stranger.privateKey
  const forged = await makeProof({ ...keys, url, now: trial.clock.now() }, { signedBy })
  const answers = [
    await fetchCertificate(trial, `${resource.id}x`, stranger),
    await fetchCertificate(trial, resource.id, stranger),
    await fetchCertificate(trial, resource.id, stranger, forged),
  ]
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
})

test('a proof for another route, out of its time or that is none is refused', async () => {
  const trial = await startTrialOnboarding()
  const keys = await makeKeys()
  const { body: resource } = await putMachine(trial, keys)
  const codeOf = async (proof: string) =>
    (await fetchCertificate(trial, resource.id, keys, proof)).body.error.code
  expect(await codeOf(await trial.proof(keys, ONBOARDING_PATH.enrol))).toBe('InvalidProof')
  expect(await codeOf('x')).toBe('InvalidProof')
  const old = await trial.proof(keys, ONBOARDING_PATH.certificate)
  trial.clock.advance(601)
  expect(await codeOf(old)).toBe('ProofOutOfTime')
})

test('a machine that comes only after the end of its certificate gets a new one for its key', async () => {
  const trial = await startTrialOnboarding()
  const keys = await makeKeys()
  const { body: resource } = await putMachine(trial, keys)
  const { body: first } = await fetchCertificate(trial, resource.id, keys)
  trial.clock.advance(91 * DAY_SECONDS)
  const { status, body } = await fetchCertificate(trial, resource.id, keys)
  expect(status).toBe(200)
  expect(body.certificate).not.toBe(first.certificate)
  const machine = { ...keys, ...body, clientId: body.identity.clientId }
  expect((await trial.beat(machine, machine.nonce)).status).toBe(200)
})

test('the key of a deleted machine is refused for ever, by Resource Manager as well', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  await trial.registry.deleteMachine(machine.identity.resourceId)
  expect((await fetchCertificate(trial, machine.identity.resourceId, machine)).status).toBe(404)
  const put = await putMachine(trial, machine, 'web-2')
  expect(put.status).toBeGreaterThanOrEqual(400)
  expect((await trial.renew(machine, await makeKeys())).body.error.code).toBe('MachineDeleted')
})

test('a disabled machine is told so', async () => {
  const trial = await startTrialOnboarding()
  const keys = await makeKeys()
  const { body: resource } = await putMachine(trial, keys)
  await trial.registry.disableMachine(resource.id)
  expect((await fetchCertificate(trial, resource.id, keys)).body.error.code).toBe('MachineDisabled')
})
