import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  webcrypto,
} from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@landfast/server/x509'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generateCertificateAuthority } from './certificate-authority.ts'
import { createClientCertifier } from './client-certificate.ts'

const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const KEYS = {
  'a key on P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'an RSA key of 2048 bits': generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'an RSA key of 4096 bits': generateKeyPairSync('rsa', { modulusLength: 4096 }),
}

const pem = await generateCertificateAuthority(new Date())
const issuer = { certificate: pem.certificate, key: createPrivateKey(pem.key) }
const KIND = { extendedKeyUsage: ExtendedKeyUsage.clientAuth, organization: 'Landfast' }

/** The same certificate by the library. */
async function byLibrary(
  publicKey: KeyObject,
  {
    clientId,
    unit,
    serialNumber,
    notBefore,
    notAfter,
  }: Record<'clientId' | 'unit' | 'serialNumber', string> & Record<'notBefore' | 'notAfter', Date>,
): Promise<X509Certificate> {
  const own = new X509Certificate(issuer.certificate)
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const pkcs8 = issuer.key.export({ format: 'der', type: 'pkcs8' })
  return X509CertificateGenerator.create({
    ...{ serialNumber, notBefore, notAfter },
    subject: [{ O: ['Landfast'] }, { CN: [clientId] }, { OU: [unit] }],
    issuer: own.subjectName,
    publicKey: spki,
    signingKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, CURVE, false, ['sign']),
    signingAlgorithm: CURVE,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(spki),
      await AuthorityKeyIdentifierExtension.create(own.publicKey),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
    ],
  })
}

/** What is signed of a certificate: it differs from another by its signature alone, which has chance in it. */
function signedPart(certificate: X509Certificate): string {
  const bytes = Buffer.from(certificate.rawData)
  const length = bytes.readUInt16BE(6) + 4
  return bytes.subarray(4, 4 + length).toString('hex')
}

const UNITS = ['Attestation', 'Entra 5f3a1f0c-7a11-4c0d-9a53-0b8f1c1e6a0e']

test.each(
  Object.keys(KEYS).flatMap((name) => UNITS.map((unit) => [name as keyof typeof KEYS, unit] as const)),
)('over %s, with the unit "%s", it is byte for byte what the library makes', async (name, unit) => {
  const { publicKey } = KEYS[name]
  const certify = await createClientCertifier(issuer, KIND)
  const validity = {
    notBefore: new Date('2026-03-01T00:00:00.900Z'),
    notAfter: new Date('2050-01-01T00:00:00Z'),
  }
  const clientId = randomUUID()
  const made = new X509Certificate(certify({ publicKey, clientId, unit, validity }))
  const expected = await byLibrary(publicKey, {
    clientId,
    unit,
    serialNumber: made.serialNumber,
    ...validity,
  })
  expect(signedPart(made)).toBe(signedPart(expected))
  expect(
    await made.verify({
      publicKey: new X509Certificate(issuer.certificate).publicKey,
      signatureOnly: true,
    }),
  ).toBe(true)
})

test('whatever its times, they are those that were asked for, to the second', async () => {
  const certify = await createClientCertifier(issuer, KIND)
  const { publicKey } = KEYS['a key on P-256']
  const years = fc.date({
    min: new Date('1951-01-01T00:00:00Z'),
    max: new Date('2149-12-31T00:00:00Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(years, years, (notBefore, notAfter) => {
      const made = new X509Certificate(
        certify({ publicKey, clientId: 'a', validity: { notBefore, notAfter } }),
      )
      const seconds = [notBefore, notAfter].map((date) => Math.floor(date.getTime() / 1000))
      expect([made.notBefore, made.notAfter].map((date) => date.getTime() / 1000)).toEqual(seconds)
    }),
  )
})

test('each has a serial number of its own, positive and of 16 bytes', async () => {
  const certify = await createClientCertifier(issuer, KIND)
  const { publicKey } = KEYS['a key on P-256']
  const validity = { notBefore: new Date(), notAfter: new Date() }
  const serials = Array.from(
    { length: 200 },
    () => new X509Certificate(certify({ publicKey, clientId: 'a', validity })).serialNumber,
  )
  expect(new Set(serials).size).toBe(serials.length)
  expect(serials.filter((serial) => !/^[4-7][0-9a-f]{31}$/.test(serial))).toEqual([])
})

test('the identifier of its key is SHA-1 of the key itself', async () => {
  const certify = await createClientCertifier(issuer, KIND)
  const { publicKey } = KEYS['a key on P-256']
  const validity = { notBefore: new Date(), notAfter: new Date() }
  const made = new X509Certificate(certify({ publicKey, clientId: 'a', validity }))
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  const found = made.getExtension(SubjectKeyIdentifierExtension)?.keyId
  expect(found).toBe(createHash('sha1').update(point).digest('hex'))
})
