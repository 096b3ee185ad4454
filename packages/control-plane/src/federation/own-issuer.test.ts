import { join } from 'node:path'
import { FEDERATED_AUDIENCE, JWT_BEARER } from '@landfast/protocol'
import { expect, onTestFinished, test } from 'vitest'
import type { ControlPlane } from '../control-plane.ts'
import { checkOptions } from '../options.ts'
import { createApplication, newApplication } from '../registry/applications.ts'
import { putFederatedCredential } from '../registry/federated-credentials.ts'
import { startControlPlane } from '../running-control-plane.ts'
import { STATE_FILE } from '../storage/state-folder.ts'
import {
  askForToken,
  createClock,
  registerTrialMachine,
  send,
  temporaryFolder,
  tokenUrl,
} from '../testing/trial.ts'
import { createTrialMachines } from '../testing/trial-machines.ts'

/** A machine, and an application that trusts the machine's own tokens, on a control plane that runs. */
async function startWithTrust(issuer: 'v1' | 'v2' | 'sts') {
  const options = {
    v1: {},
    v2: { tokenVersion2Audiences: [FEDERATED_AUDIENCE] },
    sts: { issuerV1: (tenant: string) => `https://sts.windows.net/${tenant}/` },
  }
  const clock = createClock()
  const stateFolder = await temporaryFolder()
  const running = await startControlPlane(checkOptions({ stateFolder, now: clock.now, ...options[issuer] }))
  onTestFinished(() => running.close())
  const { url, storage } = running
  const registry = createTrialMachines({ ...running, now: clock.now })
  const controlPlane = { url, caFile: join(stateFolder, STATE_FILE.caCertificate) } as ControlPlane
  const machine = await registerTrialMachine({ registry })
  const { tenantId, principalId } = machine.identity
  const issuers = {
    v1: `${url}/${tenantId}/`,
    v2: `${url}/${tenantId}/v2.0`,
    sts: `https://sts.windows.net/${tenantId}/`,
  }
  const application = newApplication({ tenantId, displayName: 'shop', time: clock.now() })
  await storage.change(async (trx) => {
    await createApplication(trx, application)
    await putFederatedCredential(trx, {
      principalId: application.principalId,
      name: 'machine',
      issuer: issuers[issuer],
      subject: principalId,
      time: clock.now(),
    })
  })
  const ask = (assertion: string) =>
    send(controlPlane, tokenUrl(controlPlane, tenantId), {
      form: {
        grant_type: 'client_credentials',
        client_id: application.clientId,
        client_assertion_type: JWT_BEARER,
        client_assertion: assertion,
        scope: 'https://vault.azure.net/.default',
      },
    })
  const scope = { scope: `${FEDERATED_AUDIENCE}/.default` }
  const ownToken = async () =>
    (await askForToken(machine, { controlPlane, clock }, scope)).body.access_token as string
  return { controlPlane, registry, clock, machine, ask, ownToken, application, storage }
}

test.each(['v1', 'v2', 'sts'] as const)(
  "a machine's own token with the issuer of %s proves another identity, and nothing is fetched",
  async (issuer) => {
    const { ask, ownToken, application } = await startWithTrust(issuer)
    const { status, body } = await ask(await ownToken())
    expect(status).toBe(200)
    const [, claims = ''] = body.access_token.split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      oid: application.principalId,
      aud: 'https://vault.azure.net',
    })
  },
)

test('a token for another resource does not', async () => {
  const { ask, machine, controlPlane, clock } = await startWithTrust('v1')
  const { body } = await askForToken(machine, { controlPlane, clock })
  expect((await ask(body.access_token)).body.error_codes).toEqual([700212])
})

test("another machine's token does not", async () => {
  const { ask, controlPlane, registry, clock } = await startWithTrust('v1')
  const other = await registerTrialMachine({ registry }, { name: 'm2' })
  const { body } = await askForToken(
    other,
    { controlPlane, clock },
    { scope: `${FEDERATED_AUDIENCE}/.default` },
  )
  expect((await ask(body.access_token)).body.error_codes).toEqual([700213])
})

test('the last token of a machine that was disabled or deleted helps nobody to another', async () => {
  const { ask, ownToken, machine, registry } = await startWithTrust('v1')
  const token = await ownToken()
  const { resourceId } = machine.identity
  await registry.disableMachine(resourceId)
  expect((await ask(token)).body.error_codes).toEqual([70021])
  await registry.deleteMachine(resourceId)
  expect((await ask(token)).body.error_codes).toEqual([70021])
})

test('a token whose key another replica has withdrawn does not, though this one still remembers the key', async () => {
  const { ask, ownToken, storage } = await startWithTrust('v1')
  const token = await ownToken()
  await storage.change((trx) => trx.updateTable('signing_key').set({ kid: 'other' }).execute())
  expect((await ask(token)).body.error_codes).toEqual([70021])
})

test('a changed token does not, nor one that names a key that never was', async () => {
  const { ask, ownToken } = await startWithTrust('v1')
  const [header = '', claims, signature] = (await ownToken()).split('.')
  const other = JSON.parse(Buffer.from(header, 'base64url').toString())
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const forged of [
    `${header}.${claims}.${'A'.repeat(342)}`,
    `${encode({ ...other, kid: 'never' })}.${claims}.${signature}`,
    `${encode({ ...other, alg: 'ES256' })}.${claims}.${signature}`,
  ]) {
    expect((await ask(forged)).body.error_codes).toEqual([70021])
  }
})
