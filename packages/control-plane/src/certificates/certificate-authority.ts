/**
 * The control plane's own certificate authority: it certifies machines' keys and the key of its HTTPS server.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280
 * @module
 */

import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { ATTESTATION_CERTIFICATE_HOURS, CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@landfast/server/x509'

/** How long a machine's certificate is good, as for a managed identity in Azure. */
const MACHINE_CERTIFICATE_DAYS = 90

/** How long the server's certificate is good; clients of Apple accept no more than 398 days. */
const SERVER_CERTIFICATE_DAYS = 397

/** How long the authority itself is good. */
const CA_DAYS = 3_650

const DAY_MILLISECONDS = 86_400_000
const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const HOURS_A_DAY = 24
const ORGANIZATION = 'Landfast'

/** What sets the subject of such a certificate apart from that of the machine's own. */
const ATTESTATION = 'Attestation'

/** What the authority does once it is open. */
export interface CertificateAuthority {
  /** Its own certificate, PEM. */
  readonly certificate: string
  /** A certificate (PEM, 90 days) over a machine's public key that names the machine's client id. */
  certifyMachine(publicKey: KeyObject, clientId: string): Promise<string>
  /**
   * A certificate (PEM, one day) over the key by which a machine signs its attested documents. No TLS server takes it
   * for a client's.
   */
  certifyAttestation(publicKey: KeyObject, clientId: string): Promise<string>
  /** A certificate (PEM) over the server's public key for the names and addresses in `hosts`. */
  certifyServer(publicKey: KeyObject, hosts: readonly string[]): Promise<string>
}

/** PEM of an authority's certificate and key. */
export interface AuthorityPem {
  certificate: string
  key: string
}

/** A new authority. */
export async function generateCertificateAuthority(now: Date): Promise<AuthorityPem> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: nameOf(`Landfast CA ${randomBytes(4).toString('hex')}`),
    keys,
    ...validity(now, CA_DAYS),
    signingAlgorithm: CURVE,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const key = KeyObject.from(keys.privateKey).export({ format: 'pem', type: 'pkcs8' }).toString()
  return { certificate: certificate.toString('pem'), key }
}

function signingKeyOf(pem: string): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' })
  return webcrypto.subtle.importKey('pkcs8', pkcs8, CURVE, false, ['sign'])
}

/** The authority with this certificate and key. */
export async function certificateAuthorityOf(
  pem: AuthorityPem,
  now: () => Date,
): Promise<CertificateAuthority> {
  const issuer = { certificate: pem.certificate, key: await signingKeyOf(pem.key) }
  return {
    certificate: issuer.certificate,
    certifyMachine: (publicKey, clientId) =>
      certify(issuer, {
        publicKey,
        subject: nameOf(clientId),
        validity: validity(now(), MACHINE_CERTIFICATE_DAYS),
        extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
      }),
    certifyAttestation: (publicKey, clientId) =>
      certify(issuer, {
        publicKey,
        subject: [...nameOf(clientId), { OU: [ATTESTATION] }],
        validity: validity(now(), ATTESTATION_CERTIFICATE_HOURS / HOURS_A_DAY),
        extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.emailProtection])],
      }),
    certifyServer: (publicKey, hosts) =>
      certify(issuer, {
        publicKey,
        subject: nameOf(hosts[0] ?? 'localhost'),
        validity: validity(now(), SERVER_CERTIFICATE_DAYS),
        extensions: [
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension(
            hosts.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
          ),
        ],
      }),
  }
}

interface Issuer {
  certificate: string
  key: webcrypto.CryptoKey
}

async function certify(
  issuer: Issuer,
  request: {
    publicKey: KeyObject
    subject: JsonName
    validity: { notBefore: Date; notAfter: Date }
    extensions: Extension[]
  },
): Promise<string> {
  const publicKey = request.publicKey.export({ format: 'der', type: 'spki' })
  const own = new X509Certificate(issuer.certificate)
  const certificate = await X509CertificateGenerator.create({
    subject: request.subject,
    issuer: own.subjectName,
    publicKey,
    signingKey: issuer.key,
    signingAlgorithm: CURVE,
    ...request.validity,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(own.publicKey),
      ...request.extensions,
    ],
  })
  return certificate.toString('pem')
}

function nameOf(commonName: string): JsonName {
  return [{ O: [ORGANIZATION] }, { CN: [commonName] }]
}

/** Begins a little in the past, for the sake of clients whose clock is behind. */
function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - CLOCK_SKEW_SECONDS * 1000),
    notAfter: new Date(now.getTime() + days * DAY_MILLISECONDS),
  }
}
