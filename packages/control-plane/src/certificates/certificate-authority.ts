/**
 * The control plane's own certificate authority: it certifies machines' keys and the key of its HTTPS server.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280
 * @module
 */

import { createPrivateKey, type KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import { readStateFile, STATE_FILE, writeStateFile } from '../storage/state-folder.ts'
import { StorageError } from '../storage/storage-error.ts'
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
} from './x509.ts'

/** How long a machine's certificate is good, as for a managed identity in Azure. */
const MACHINE_CERTIFICATE_DAYS = 90

/** How long the server's certificate is good; clients of Apple accept no more than 398 days. */
const SERVER_CERTIFICATE_DAYS = 397

/** How long the authority itself is good. */
const CA_DAYS = 3_650

const DAY_MILLISECONDS = 86_400_000
const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const ORGANIZATION = 'Landfast'

/** What the authority does once it is open. */
export interface CertificateAuthority {
  /** Its own certificate, PEM. */
  readonly certificate: string
  /** A certificate (PEM, 90 days) over a machine's public key that names the machine's client id. */
  certifyMachine(publicKey: KeyObject, clientId: string): Promise<string>
  /** A certificate (PEM) over the server's public key for the names and addresses in `hosts`. */
  certifyServer(publicKey: KeyObject, hosts: readonly string[]): Promise<string>
}

/**
 * Opens the authority in the state folder, or makes it if there is none.
 *
 * @throws {StorageError} `state_damaged` if only its key is missing.
 */
export async function openCertificateAuthority(
  folder: string,
  now: () => Date,
): Promise<CertificateAuthority> {
  const certificate = await readStateFile(folder, STATE_FILE.caCertificate)
  if (certificate === undefined) return authorityOf(await makeAuthority(folder, now()), now)
  const key = await readStateFile(folder, STATE_FILE.caKey)
  if (key === undefined) throw new StorageError('state_damaged', { detail: STATE_FILE.caKey })
  return authorityOf({ certificate, key: await signingKeyOf(key) }, now)
}

interface Issuer {
  certificate: string
  key: webcrypto.CryptoKey
}

/** The key is written first: a certificate on disk means that the authority is complete. */
async function makeAuthority(folder: string, now: Date): Promise<Issuer> {
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
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  await writeStateFile(folder, STATE_FILE.caKey, key.export({ format: 'pem', type: 'pkcs8' }).toString())
  const pem = certificate.toString('pem')
  await writeStateFile(folder, STATE_FILE.caCertificate, pem)
  return { certificate: pem, key: keys.privateKey }
}

async function signingKeyOf(pem: string): Promise<webcrypto.CryptoKey> {
  try {
    const pkcs8 = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' })
    return await webcrypto.subtle.importKey('pkcs8', pkcs8, CURVE, false, ['sign'])
  } catch (cause) {
    throw new StorageError('state_damaged', { detail: STATE_FILE.caKey, cause })
  }
}

function authorityOf(issuer: Issuer, now: () => Date): CertificateAuthority {
  return {
    certificate: issuer.certificate,
    certifyMachine: (publicKey, clientId) =>
      certify(issuer, {
        publicKey,
        subject: nameOf(clientId),
        validity: validity(now(), MACHINE_CERTIFICATE_DAYS),
        extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
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
