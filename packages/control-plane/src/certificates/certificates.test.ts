import { createPublicKey, X509Certificate } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createClock, registerTrialMachine, send, startTrial, temporaryFolder } from '../testing/trial.ts'
import {
  type AuthorityPem,
  certificateAuthorityOf,
  generateCertificateAuthority,
} from './certificate-authority.ts'
import { openServerCertificate, type ServerCertificate } from './server-certificate.ts'

const DAY_SECONDS = 86_400

let authorityPem: AuthorityPem | undefined

async function openBoth(options: {
  folder: string
  host: string
  now: () => Date
}): Promise<ServerCertificate> {
  authorityPem ??= await generateCertificateAuthority(options.now())
  const authority = await certificateAuthorityOf(authorityPem, options.now)
  return openServerCertificate({ ...options, hosts: [options.host], authority, now: options.now() })
}

test("a machine's certificate is over its own key, signed by the CA, for 90 days", async () => {
  const { controlPlane, registry, clock } = await startTrial()
  for (const [kind, name] of [
    ['ec', 'm1'],
    ['rsa', 'm2'],
  ] as const) {
    const machine = await registerTrialMachine({ registry }, { kind, name })
    const certificate = new X509Certificate(machine.certificate)
    const authority = new X509Certificate(await readFile(controlPlane.caFile))
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true)
    expect(certificate.publicKey.equals(createPublicKey(machine.publicKey))).toBe(true)
    expect(certificate.ca).toBe(false)
    expect(certificate.subject).toContain(`CN=${machine.identity.clientId}`)
    const left = certificate.validToDate.getTime() - clock.now().getTime()
    expect(Math.ceil(left / 1000)).toBe(90 * DAY_SECONDS)
  }
})

test("the CA is one on P-256, and the server's certificate is none and names every local host", async () => {
  const folder = await temporaryFolder()
  const { certificate } = await openBoth({ folder, host: 'cp.example', now: () => new Date() })
  const authority = new X509Certificate(authorityPem?.certificate ?? '')
  expect([authority.ca, authority.publicKey.asymmetricKeyDetails?.namedCurve]).toEqual([true, 'prime256v1'])
  const leaf = new X509Certificate(certificate)
  expect(leaf.ca).toBe(false)
  expect(leaf.checkIP('127.0.0.1') && leaf.checkIP('::1')).toBeTruthy()
  expect(leaf.checkHost('localhost') && leaf.checkHost('cp.example')).toBeTruthy()
})

test("the server's certificate is kept until it has less than 30 days left", async () => {
  const clock = createClock()
  const options = { folder: await temporaryFolder(), host: '127.0.0.1', now: clock.now }
  const first = await openBoth(options)
  clock.advance(336 * DAY_SECONDS)
  expect(await openBoth(options)).toEqual(first)
  clock.advance(2 * DAY_SECONDS)
  const renewed = await openBoth(options)
  expect(renewed.certificate).not.toBe(first.certificate)
  expect(renewed.key).not.toBe(first.key)
})

test("the server's certificate is made anew for another host and when its key is damaged", async () => {
  const options = { folder: await temporaryFolder(), host: '127.0.0.1', now: () => new Date() }
  const first = await openBoth(options)
  const elsewhere = await openBoth({ ...options, host: '10.0.0.7' })
  expect(new X509Certificate(elsewhere.certificate).checkIP('10.0.0.7')).toBe('10.0.0.7')
  expect(elsewhere.certificate).not.toBe(first.certificate)
  await rm(join(options.folder, 'server-key.pem'))
  expect((await openBoth(options)).certificate).not.toBe(elsewhere.certificate)
})

test('a control plane on ::1 calls itself so, and its certificate is accepted there', async () => {
  const { controlPlane } = await startTrial({ host: '::1' })
  expect(controlPlane.url).toMatch(/^https:\/\/\[::1\]:\d+$/)
  expect((await send(controlPlane, `${controlPlane.url}/x`)).status).toBe(404)
})

test('a control plane on every address calls itself localhost, and its certificate is accepted there', async () => {
  const { controlPlane } = await startTrial({ host: '0.0.0.0' })
  expect(controlPlane.url).toMatch(/^https:\/\/localhost:\d+$/)
  expect((await send(controlPlane, `${controlPlane.url}/x`)).status).toBe(404)
})
