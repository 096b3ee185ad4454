import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import {
  certificateAuthorityOf,
  generateCertificateAuthority,
} from '../../../control-plane/src/certificates/certificate-authority.ts'
import { signedData } from './signed-data.ts'

const CONTENT = Buffer.from('{"nonce":"1234567890"}')

/** A signature over the content, and a way to verify one with OpenSSL against the CA; it gives the content. */
async function setUp() {
  const now = new Date()
  const ca = await certificateAuthorityOf(await generateCertificateAuthority(now), () => now)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = new X509Certificate(await ca.certifyAttestation(publicKey, 'a-client-id')).raw
  const folder = temporaryFolder()
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, ca.certificate)
  const verify = (signed: Buffer, command: string) => {
    const file = join(folder, 'signed.der')
    writeFileSync(file, signed)
    const args = [command, '-verify', '-inform', 'DER', '-in', file, '-CAfile', caFile, '-binary']
    return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  }
  return { signed: signedData(CONTENT, { key: privateKey, certificate }), certificate, verify }
}

test.each(['cms', 'smime'])(
  '"openssl %s -verify" takes the signature and gives the content',
  async (command) => {
    const { signed, verify } = await setUp()
    expect(verify(signed, command)).toEqual(CONTENT)
  },
)

testWith(['openssl'], 'one changed byte of the content spoils the signature', async () => {
  const { signed, verify } = await setUp()
  const changed = Buffer.from(signed)
  const at = changed.indexOf('1234567890')
  expect(at).toBeGreaterThan(0)
  changed.write('2', at)
  expect(() => verify(changed, 'cms')).toThrow()
})

testWith(['openssl'], 'a signature under another CA is not taken', async () => {
  const [one, other] = [await setUp(), await setUp()]
  expect(() => other.verify(one.signed, 'cms')).toThrow()
})

test('the certificate of the signer is in it', async () => {
  const { signed, certificate } = await setUp()
  expect(signed.includes(certificate)).toBe(true)
})
