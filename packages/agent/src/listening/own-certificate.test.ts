import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { chmodSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { keepOwnCertificate, makeOwnCertificate } from './own-certificate.ts'

test('a certificate is over its own key, for this machine alone, and good now', async () => {
  const { key, certificate, thumbprint } = await makeOwnCertificate()
  const read = new X509Certificate(certificate)
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(read.verify(read.publicKey)).toBe(true)
  expect(read.subjectAltName).toBe('IP Address:127.0.0.1, DNS:localhost')
  const now = new Date()
  expect(read.validFromDate < now && read.validToDate > now).toBe(true)
  expect(thumbprint).toBe(createHash('sha1').update(read.raw).digest('hex').toUpperCase())
})

test('in a folder it is kept, for its owner alone, and the next start has the same', async () => {
  const folder = temporaryFolder()
  const first = await keepOwnCertificate(folder)
  expect(await keepOwnCertificate(folder)).toEqual(first)
  const file = join(folder, 'endpoint-certificate.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  rmSync(file)
  expect((await keepOwnCertificate(folder)).thumbprint).not.toBe(first.thumbprint)
})

test('one that somebody else could have read, or that is cut, is refused', async () => {
  const folder = temporaryFolder()
  await keepOwnCertificate(folder)
  const file = join(folder, 'endpoint-certificate.json')
  chmodSync(file, 0o644)
  await expect(keepOwnCertificate(folder)).rejects.toMatchObject({ code: 'certificate_unusable' })
  chmodSync(file, 0o600)
  writeFileSync(file, '{"key":"-----BEGIN')
  await expect(keepOwnCertificate(folder)).rejects.toMatchObject({ code: 'certificate_unusable' })
})

test('without a folder each start has another', async () => {
  const [first, second] = [await makeOwnCertificate(), await makeOwnCertificate()]
  expect(first.thumbprint).not.toBe(second.thumbprint)
  expect(first.key).not.toBe(second.key)
})
