/** Time must not tell what was wrong, so each refusal costs the same verifications. They are counted, not timed. */

import { randomUUID, X509Certificate } from 'node:crypto'
import { beforeEach, expect, test, vi } from 'vitest'
import { addClientCertificate, newClientCertificate } from '../registry/client-certificates.ts'
import { addClientSecret, newClientSecret } from '../registry/client-secrets.ts'
import { registerTrialMachine, type TrialMachine } from '../testing/trial.ts'
import { makeTrialApplication } from '../testing/trial-application.ts'
import { assertionFields, claimsFor, openTrialAuthority } from '../testing/trial-authority.ts'
import { makeCertificate, type TrialCertificate } from '../testing/trial-certificates.ts'
import type { TokenForm } from './token-form.ts'

const work = vi.hoisted(() => ({ signatures: 0, comparisons: 0 }))

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return {
    ...crypto,
    verify: (...all: Parameters<typeof crypto.verify>) => {
      work.signatures += 1
      return crypto.verify(...all)
    },
    timingSafeEqual: (...all: Parameters<typeof crypto.timingSafeEqual>) => {
      work.comparisons += 1
      return crypto.timingSafeEqual(...all)
    },
  }
})

const certificateVerifications = vi.spyOn(X509Certificate.prototype, 'verify')

beforeEach(() => {
  Object.assign(work, { signatures: 0, comparisons: 0 })
  certificateVerifications.mockClear()
})

type Trial = Awaited<ReturnType<typeof openTrialAuthority>>

/** What refusing `form` costs. */
async function costOf(trial: Trial, form: TokenForm): Promise<object> {
  Object.assign(work, { signatures: 0, comparisons: 0 })
  certificateVerifications.mockClear()
  await expect(claimsFor(trial, form)).rejects.toMatchObject({ status: 401 })
  return { ...work, certificates: certificateVerifications.mock.calls.length }
}

test('a secret is compared as often for a client that is not there, has one or has several', async () => {
  const trial = await openTrialAuthority()
  const [one, several] = [
    await makeTrialApplication(trial, { time: trial.clock.now() }),
    await makeTrialApplication(trial, { time: trial.clock.now() }),
  ]
  const second = newClientSecret({ time: trial.clock.now() })
  await trial.storage.change((trx) => addClientSecret(trx, several.principalId, second))
  for (const client_id of [randomUUID(), one.clientId, several.clientId]) {
    const cost = await costOf(trial, { client_id, client_secret: 'wrong' })
    expect(cost).toEqual({ signatures: 0, comparisons: 5, certificates: 0 })
  }
})

for (const kind of ['rsa', 'ec'] as const) {
  test(`an assertion by an ${kind} key is verified once, whether there is a client, a key or neither`, async () => {
    const trial = await openTrialAuthority()
    const machine = await registerTrialMachine(trial, { kind })
    const other = await registerTrialMachine(trial, { name: 'm2', kind })
    const another = await registerTrialMachine(trial, { name: 'm3', kind: kind === 'ec' ? 'rsa' : 'ec' })
    const sent = (change: Partial<TrialMachine>) => assertionFields(trial, { ...machine, ...change })
    const { privateKey, certificate } = other
    const forms = [
      await sent({ identity: { ...machine.identity, clientId: randomUUID() } }),
      await sent({ privateKey }),
      await sent({ privateKey, certificate }),
      await sent({ privateKey, certificate: another.certificate }),
    ]
    for (const form of forms) {
      expect(await costOf(trial, form)).toEqual({ signatures: 1, comparisons: 0, certificates: 0 })
    }
  })
}

test('a chain costs as much where no authority is configured as where one is', async () => {
  const trial = await openTrialAuthority()
  const root = await makeCertificate({ name: 'CN=root', authority: true })
  const stranger = await makeCertificate({ name: 'CN=root', authority: true })
  const leaf = await makeCertificate({}, stranger)
  const [plain, trusting] = [
    await makeTrialApplication(trial, { time: trial.clock.now() }),
    await makeTrialApplication(trial, { time: trial.clock.now() }),
  ]
  const authority = newClientCertificate({ pem: root.pem, subjectName: 'CN=deploy', time: trial.clock.now() })
  await trial.storage.change((trx) => addClientCertificate(trx, trusting.principalId, authority))
  for (const clientId of [randomUUID(), plain.clientId, trusting.clientId]) {
    const form = await assertionFields(trial, signerOf(trial, leaf, clientId), {
      header: { x5c: [leaf.der] },
    })
    expect(await costOf(trial, form)).toEqual({ signatures: 1, comparisons: 0, certificates: 1 })
  }
})

function signerOf({ tenantId }: Trial, { pem, privateKey }: TrialCertificate, clientId: string) {
  const identity = { tenantId, clientId, principalId: randomUUID(), resourceId: '' }
  return { identity, certificate: pem, privateKey }
}
