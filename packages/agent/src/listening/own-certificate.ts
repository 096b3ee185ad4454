/**
 * The certificate of an endpoint with TLS: self-signed, and known by its thumbprint alone. Applications are told the
 * thumbprint once, so the certificate is kept over restarts where there is a folder for it.
 *
 * @see docs/protocol.md#service-fabric
 * @module
 */

import { webcrypto } from 'node:crypto'
import { join } from 'node:path'
import { AgentError } from '../errors.ts'
import { hasStrings, readStateJson, type StateJson, writeStateJson } from '../machine/state-json.ts'

/** No authority vouches for these times; they are far apart so that a wrong clock does no harm. */
const DATES = { notBefore: new Date('2000-01-01T00:00:00Z'), notAfter: new Date('2049-12-31T00:00:00Z') }

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A key and its certificate, PEM. */
export interface OwnCertificate {
  key: string
  certificate: string
  /** SHA-1 in upper-case hexadecimal, as clients of Service Fabric compare it. */
  thumbprint: string
}

const KEPT: StateJson<OwnCertificate> = {
  name: 'endpoint-certificate.json',
  isWhole: (value): value is OwnCertificate => hasStrings(value, ['key', 'certificate', 'thumbprint']),
}

/**
 * The key and certificate that are kept in `folder`; made, and durably kept, if there are none.
 *
 * @throws {AgentError} `certificate_unusable`.
 */
export async function keepOwnCertificate(folder: string): Promise<OwnCertificate> {
  const kept = await readStateJson(folder, KEPT).catch((cause) => {
    throw new AgentError('certificate_unusable', `"${join(folder, KEPT.name)}"`, cause)
  })
  if (kept) return kept
  const made = await makeOwnCertificate()
  await writeStateJson(folder, KEPT, made)
  return made
}

/** A new key and certificate for 127.0.0.1 and localhost. */
export async function makeOwnCertificate(): Promise<OwnCertificate> {
  const {
    AuthorityKeyIdentifierExtension,
    PemConverter,
    SubjectAlternativeNameExtension,
    SubjectKeyIdentifierExtension,
    X509CertificateGenerator,
  } = await import('@landfast/server/x509')
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=landfast',
    keys,
    signingAlgorithm: ALGORITHM,
    ...DATES,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]),
      // Who trusts the certificates of several endpoints tells them by these: they have one name.
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const thumbprint = Buffer.from(await certificate.getThumbprint('SHA-1'))
  return {
    key: PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
    certificate: certificate.toString('pem'),
    thumbprint: thumbprint.toString('hex').toUpperCase(),
  }
}
