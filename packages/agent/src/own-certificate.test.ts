import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeOwnCertificate } from './own-certificate.ts'

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

test('each start has another', async () => {
  const [first, second] = [await makeOwnCertificate(), await makeOwnCertificate()]
  expect(first.thumbprint).not.toBe(second.thumbprint)
  expect(first.key).not.toBe(second.key)
})
