import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testWith } from '../../../../test/privilege.ts'
import { formatTrustStore } from './java-trust-store.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'java-trust-store-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

testWith(['javac'], 'Java lists every certificate by its fingerprint, and finds the checksum right', () => {
  const certificates = rootCertificates.map((pem) => new X509Certificate(pem))
  const listed = list(formatTrustStore(certificates.map(({ raw }) => raw)))
  const fingerprints = [...listed.matchAll(/\(SHA-256\): ([\dA-F:]+)/g)].map(([, one]) => one)
  expect(fingerprints.sort()).toEqual(certificates.map(({ fingerprint256 }) => fingerprint256).sort())
})

test('a store without a certificate is a head and a checksum', () => {
  expect(formatTrustStore([]).toString('hex')).toMatch(/^feedfeed0000000200000000[\da-f]{40}$/)
})

function list(store: Uint8Array): string {
  const file = join(folder, 'trust.jks')
  writeFileSync(file, store)
  const options = ['-list', '-keystore', file, '-storepass', 'changeit']
  return execFileSync('keytool', options, { encoding: 'utf8', stdio: 'pipe' })
}
