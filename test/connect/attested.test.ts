/** The attested document of a connected machine, verified as its readers do: by OpenSSL against the control plane's CA. */

import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { Documents } from '../../packages/agent/src/metadata/documents.ts'
import { testWith } from '../privilege.ts'
import { kept, startSite, type TestSite } from './connected-site.ts'
import { connectMachine, copyOf, type OpenedMachine, openMachine } from './machine.ts'

const TARGET = 'api-version=2021-02-01&nonce=1234567890'

/** A way to ask the machine for its attested document. */
function attester(site: TestSite, { membership }: OpenedMachine): () => Promise<Buffer> {
  const now = () => site.clock.now().getTime()
  const documents = new Documents({
    kind: 'vm',
    apiVersions: [],
    identity: membership.identity,
    facts: () => membership.facts,
    standing: () => membership.status,
    certifyAttestation: (privateKey, signal) => membership.certifyAttestation(privateKey, signal),
    clock: { now, monotonic: now },
    log: pino({ level: 'silent' }),
  })
  return async () => {
    const path = documents.find('/metadata/attested/document')
    if (!path) throw new TypeError('a VM has an attested document')
    const { body } = await documents.answer(path, TARGET)
    return Buffer.from(JSON.parse(body).signature, 'base64')
  }
}

/** The payload of a signature that OpenSSL takes, and its signer's certificate. */
function verified(site: TestSite, signature: Buffer) {
  const [signed, signer] = [join(site.folder, 'signed.der'), join(site.folder, 'signer.pem')]
  writeFileSync(signed, signature)
  const at = String(Math.floor(site.clock.now().getTime() / 1000))
  const args = ['cms', '-verify', '-inform', 'DER', '-in', signed, '-signer', signer]
  const payload = execFileSync('openssl', [...args, '-CAfile', site.caFile, '-attime', at], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return { payload: JSON.parse(payload.toString()), certificate: new X509Certificate(readFileSync(signer)) }
}

testWith(
  ['openssl'],
  'a connected machine attests itself under the CA of its control plane, by a key that is not its own',
  async () => {
    const site = await startSite()
    const folder = await connectMachine(site, 'web')
    const machine = await openMachine(site, folder)
    const { payload, certificate } = verified(site, await attester(site, machine)())
    const registration = kept(folder, 'registration.json')
    expect(payload).toMatchObject({ nonce: '1234567890', vmId: registration.vmId })
    const own = new X509Certificate(String(registration.certificate))
    expect(certificate.publicKey.equals(own.publicKey)).toBe(false)
    expect(certificate.subject).toContain(machine.membership.identity.clientId)
  },
)

test('the key of attested documents is kept in no file', async () => {
  const site = await startSite()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  const before = readdirSync(folder)
  await attester(site, machine)()
  expect(readdirSync(folder)).toEqual(before)
})

test('tags that an administrator sets are told from the next heartbeat on', async () => {
  const site = await startSite()
  const machine = await openMachine(site, await connectMachine(site, 'web'))
  const { membership } = machine
  await membership.round()
  expect(membership.facts.tags).toEqual({})
  await site.client.call('PATCH', membership.identity.resourceId, {
    apiVersion: '2024-07-10',
    body: { tags: { team: 'red' } },
  })
  await membership.round()
  expect(membership.facts).toMatchObject({ tags: { team: 'red' }, vmId: expect.any(String) })
})

test('a copy of a machine, once it is known for one, attests nothing any more', async () => {
  const site = await startSite()
  const folder = await connectMachine(site, 'web')
  const copied = copyOf(folder, 'copy')
  const machine = await openMachine(site, folder)
  await machine.membership.round()
  await machine.membership.round()
  const copy = await openMachine(site, copied, 'host-b')
  await copy.membership.round()
  await expect(attester(site, copy)()).rejects.toMatchObject({ code: 'attestation_unavailable' })
})

test('a machine that was deleted attests nothing', async () => {
  const site = await startSite()
  const machine = await openMachine(site, await connectMachine(site, 'web'))
  await site.client.call('DELETE', machine.membership.identity.resourceId, { apiVersion: '2024-07-10' })
  await expect(attester(site, machine)()).rejects.toMatchObject({ code: 'attestation_unavailable' })
})
