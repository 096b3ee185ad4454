/**
 * The control plane's own certificate authority: it certifies machines' keys and the key of its HTTPS server.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280
 * @module
 */

import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { ATTESTATION_CERTIFICATE_HOURS, ENTRA_CERTIFICATE_DAYS } from '@landfast/protocol'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@landfast/server/x509'
import { createClientCertifier } from './client-certificate.ts'

/** For how many days a certificate is good, before the moment of its making and after it. */
interface Life {
  daysBefore: number
  daysAfter: number
}

/**
 * Each begins long before it is made, so that one that was made while the clock was ahead is good when the clock is right
 * again: a machine's by less than its renewal would notice, the server's within the 398 days that clients of Apple accept,
 * the authority's by more, since clients keep it.
 */
const LIFE = {
  /** After it is made as for a managed identity in Azure. */
  machine: { daysBefore: 1, daysAfter: 90 },
  /** The agent renews it after half of its life, which must not be over when it is made. */
  attestation: { daysBefore: 0.5, daysAfter: ATTESTATION_CERTIFICATE_HOURS / 24 },
  /** The whole life counts for who limits it. */
  entra: { daysBefore: 1, daysAfter: ENTRA_CERTIFICATE_DAYS - 1 },
  server: { daysBefore: 30, daysAfter: 367 },
  authority: { daysBefore: 365, daysAfter: 3_650 },
} as const satisfies Record<string, Life>

const DAY_MILLISECONDS = 86_400_000
const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const ORGANIZATION = 'Landfast'

/** What sets the subject of a certificate beside the machine's own apart from that. */
const UNIT = { attestation: 'Attestation', entra: 'Entra' } as const

/**
 * For signing JWTs, such as a client assertion. Without any purpose the certificate would be good for all, and with that of
 * a TLS client wherever this authority is trusted for clients.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9509#section-3
 */
const JWT_SIGNING = '1.3.6.1.5.5.7.3.37'

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
  /**
   * A certificate (PEM, a year) over the key by which a machine proves itself at Entra ID as the application there with
   * this id. It is for signing JWTs alone: neither a TLS server nor a reader of signed documents takes it.
   */
  certifyEntra(publicKey: KeyObject, names: { clientId: string; applicationId: string }): Promise<string>
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
    ...validity(now, LIFE.authority),
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
  const { certificate } = pem
  const issuer = { certificate, key: await signingKeyOf(pem.key) }
  const clientIssuer = { certificate, key: createPrivateKey(pem.key) }
  const certifierOf = (extendedKeyUsage: string) =>
    createClientCertifier(clientIssuer, { extendedKeyUsage, organization: ORGANIZATION })
  const [machine, attestation, entra] = await Promise.all([
    certifierOf(ExtendedKeyUsage.clientAuth),
    certifierOf(ExtendedKeyUsage.emailProtection),
    certifierOf(JWT_SIGNING),
  ])
  return {
    certificate,
    certifyMachine: async (publicKey, clientId) =>
      machine({ publicKey, clientId, validity: validity(now(), LIFE.machine) }),
    certifyAttestation: async (publicKey, clientId) =>
      attestation({
        ...{ publicKey, clientId, unit: UNIT.attestation },
        validity: validity(now(), LIFE.attestation),
      }),
    certifyEntra: async (publicKey, { clientId, applicationId }) =>
      entra({
        ...{ publicKey, clientId, unit: `${UNIT.entra} ${applicationId}` },
        validity: validity(now(), LIFE.entra),
      }),
    certifyServer: (publicKey, hosts) => certifyServer(issuer, { publicKey, hosts, now: now() }),
  }
}

interface Issuer {
  certificate: string
  key: webcrypto.CryptoKey
}

async function certifyServer(
  issuer: Issuer,
  { publicKey: key, hosts, now }: { publicKey: KeyObject; hosts: readonly string[]; now: Date },
): Promise<string> {
  const publicKey = key.export({ format: 'der', type: 'spki' })
  const own = new X509Certificate(issuer.certificate)
  const certificate = await X509CertificateGenerator.create({
    subject: nameOf(hosts[0] ?? 'localhost'),
    issuer: own.subjectName,
    publicKey,
    signingKey: issuer.key,
    signingAlgorithm: CURVE,
    ...validity(now, LIFE.server),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(own.publicKey),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
      ),
    ],
  })
  return certificate.toString('pem')
}

function nameOf(commonName: string): JsonName {
  return [{ O: [ORGANIZATION] }, { CN: [commonName] }]
}

function validity(now: Date, { daysBefore, daysAfter }: Life): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - daysBefore * DAY_MILLISECONDS),
    notAfter: new Date(now.getTime() + daysAfter * DAY_MILLISECONDS),
  }
}
