/**
 * What the certificate of a key for Entra ID is good for, wherever the CA of the control plane is trusted: for signing JWTs,
 * and neither for TLS nor for a document nor for an application here.
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { newClientCertificate } from '../registry/client-certificates.ts'
import { makeKeys, temporaryFolder } from '../testing/trial.ts'
import { certificateAuthorityOf, generateCertificateAuthority } from './certificate-authority.ts'
import { authoritiesOf, readChain } from './certificate-chain.ts'

const NAMES = { clientId: 'a-client-id', applicationId: 'an-application' }

async function start() {
  const pem = await generateCertificateAuthority(new Date())
  const authority = await certificateAuthorityOf(pem, () => new Date())
  const keys = await makeKeys()
  const publicKey = createPublicKey(keys.publicKey)
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    ca: authority.certificate,
    key,
    entra: await authority.certifyEntra(publicKey, NAMES),
    machine: await authority.certifyMachine(publicKey, NAMES.clientId),
    attestation: await authority.certifyAttestation(publicKey, NAMES.clientId),
    server: { key, cert: await authority.certifyServer(publicKey, ['localhost']) },
  }
}

/** Whether a TLS server that trusts the CA for clients takes `certificate`. */
async function isTlsClient({ ca, key, server }: Awaited<ReturnType<typeof start>>, certificate: string) {
  const listener = createServer({ ...server, ca, requestCert: true, rejectUnauthorized: false })
  onTestFinished(() => void listener.close())
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const client = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, key, cert: certificate })
  client.on('error', () => {})
  const [socket] = (await once(listener, 'secureConnection')) as [TLSSocket]
  socket.on('error', () => {})
  const { authorized, authorizationError } = socket
  client.destroy()
  socket.destroy()
  return authorized ? true : String(authorizationError)
}

test('no TLS server that trusts the CA for clients takes it for one', async () => {
  const site = await start()
  expect(await isTlsClient(site, site.machine)).toBe(true)
  expect(await isTlsClient(site, site.entra)).toBe('INVALID_PURPOSE')
})

test('as an application of a chain it is refused, also where the CA was registered for its very subject', async () => {
  const { ca, entra, machine } = await start()
  const subjectName = `CN=${NAMES.clientId},O=Landfast`
  const registered = newClientCertificate({ pem: ca, subjectName, time: new Date() })
  const authorities = [{ certificate: new X509Certificate(registered.certificate) }]
  const chainOf = (pem: string) => {
    const chain = readChain([new X509Certificate(pem).raw.toString('base64')], new Date())
    return chain && authoritiesOf(chain, authorities, new Date())
  }
  expect(chainOf(machine)).toHaveLength(1)
  expect(chainOf(entra)).toBeUndefined()
})

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

test('openssl takes it for none of its purposes', async (context) => {
  if (!hasOpenssl) context.skip('there is no openssl here')
  const folder = await temporaryFolder()
  const { ca, entra, machine, attestation } = await start()
  const file = (name: string) => join(folder, name)
  await writeFile(file('ca.pem'), ca)
  const isFor = async (purpose: string, pem: string) => {
    await writeFile(file('leaf.pem'), pem)
    const trusting = ['-no-CApath', '-no-CAstore', '-CAfile', file('ca.pem')]
    const { status } = spawnSync('openssl', ['verify', '-purpose', purpose, ...trusting, file('leaf.pem')])
    return status === 0
  }
  expect(await isFor('sslclient', machine)).toBe(true)
  expect(await isFor('smimesign', attestation)).toBe(true)
  for (const purpose of ['sslclient', 'sslserver', 'smimesign', 'smimeencrypt', 'timestampsign']) {
    expect([purpose, await isFor(purpose, entra)]).toEqual([purpose, false])
  }
  expect(await isFor('any', entra)).toBe(true)
  await writeFile(file('leaf.pem'), entra)
  const shown = execFileSync('openssl', ['x509', '-in', file('leaf.pem'), '-noout', '-text'])
  expect(shown.toString()).toContain('Digital Signature')
})
