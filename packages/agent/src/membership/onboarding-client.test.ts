import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, expectTypeOf, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { AuthorityClock } from '../authority/authority-clock.ts'
import type { HttpsClient, HttpsRequest } from '../authority/https-client.ts'
import { provableKeyOf } from '../machine/machine-key.ts'
import { beginRegistration, type PendingRegistration } from '../machine/pending-registration.ts'
import { OnboardingClient } from './onboarding-client.ts'

/** A client of a control plane that keeps what it was sent, and has no answer that makes sense. */
function clientOf(sent: HttpsRequest[]): OnboardingClient {
  const https: HttpsClient = {
    send: async (_url, request) => {
      sent.push(request)
      return { status: 500, headers: {}, body: undefined, text: '' }
    },
    close: () => {},
  }
  const clock = new AuthorityClock(() => 1_800_000_000_000)
  return new OnboardingClient({ https, origin: 'https://localhost', clock })
}

type Call = (client: OnboardingClient, pending: PendingRegistration, signal: AbortSignal) => Promise<unknown>

const CALLS: Record<string, { call: Call; fields: readonly string[] }> = {
  enrol: {
    call: (client, pending, signal) =>
      client.enrol({ joinTokenSecret: 's', name: 'web', ...pending }, signal),
    fields: ['joinTokenSecret', 'name', 'proof', 'publicKey', 'vmId'],
  },
  fetchCertificate: {
    call: (client, pending, signal) => client.fetchCertificate({ resourceId: '/r', ...pending }, signal),
    fields: ['proof', 'resourceId'],
  },
  renew: {
    call: (client, pending, signal) => client.renew({ sign: () => 'a', ...pending }, signal),
    fields: ['assertion', 'proof', 'publicKey'],
  },
  certifyAttestation: {
    call: (client, pending, signal) => client.certifyAttestation({ sign: () => 'a', ...pending }, signal),
    fields: ['assertion', 'proof', 'publicKey'],
  },
  certifyEntra: {
    call: (client, pending, signal) =>
      client.certifyEntra({ sign: () => 'a', applicationId: 'x', ...pending }, signal),
    fields: ['applicationId', 'assertion', 'proof', 'publicKey'],
  },
}

test.each(Object.entries(CALLS))(
  '%s sends a proof by the key, and nothing of its private half',
  async (_, one) => {
    const folder = temporaryFolder()
    const { pending } = await beginRegistration(folder, 'here')
    const sent: HttpsRequest[] = []
    await one.call(clientOf(sent), pending, AbortSignal.timeout(10_000)).catch(() => {})
    const body = sent[0]?.json ?? {}
    expect(Object.keys(body).sort()).toEqual(one.fields)
    const { privateKey } = JSON.parse(readFileSync(join(folder, 'pending-registration.json'), 'utf8'))
    const secret = String(privateKey).split('\n')[1] ?? ''
    expect(secret).toHaveLength(64)
    expect(JSON.stringify(body)).not.toContain(secret)
    expect(JSON.stringify(body)).not.toContain('PRIVATE')
  },
)

test('what a machine is registered by has no room for a private key', () => {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  expect(Object.keys(provableKeyOf(privateKey))).toEqual(['publicKey', 'signProof'])
  expectTypeOf<PendingRegistration>().not.toHaveProperty('privateKey')
  for (const name of ['enrol', 'fetchCertificate', 'renew', 'certifyAttestation', 'certifyEntra'] as const) {
    expectTypeOf<Parameters<OnboardingClient[typeof name]>[0]>().not.toHaveProperty('privateKey')
  }
})

test('an answer that asks to wait until a date is a failure that names the seconds', async () => {
  const headers = { 'retry-after': 'Sat, 28 Nov 2026 09:01:00 GMT', date: 'Sat, 28 Nov 2026 09:00:30 GMT' }
  const https: HttpsClient = {
    send: async () => ({ status: 503, headers, body: undefined, text: '' }),
    close: () => {},
  }
  const clock = new AuthorityClock(() => 1_800_000_000_000)
  const client = new OnboardingClient({ https, origin: 'https://localhost', clock })
  const { pending } = await beginRegistration(temporaryFolder(), 'here')
  const asked = client.fetchCertificate({ resourceId: '/r', ...pending }, AbortSignal.timeout(10_000))
  await expect(asked).rejects.toMatchObject({ failure: 'unavailable', retryAfterSeconds: 30 })
})
