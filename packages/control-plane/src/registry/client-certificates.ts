/**
 * Certificates that prove an application: its own ones, and authorities whose certificates for one subject are taken,
 * so that a certificate can be renewed without a change here.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 * @module
 */

import { randomUUID, X509Certificate } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { isClientAuthority, readLink } from '../certificates/certificate-purpose.ts'
import { isStrongKey } from '../certificates/key-strength.ts'
import { readSubjectName } from '../certificates/subject-name.ts'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import type { Schema } from '../storage/schema.ts'
import { getApplication } from './applications.ts'
import { endPortalAccess } from './portal-access.ts'
import { RegistryError } from './registry-error.ts'

/** Enough for a change without a gap on several machines. */
const CLIENT_CERTIFICATES_MAX = 10

/** A PEM text with one certificate in it is far shorter. */
const PEM_MAX_CHARACTERS = 16_384

/** A certificate of an application, or an authority over such. */
export interface ClientCertificate {
  id: string
  kind: 'certificate' | 'authority'
  /** PEM. */
  certificate: string
  /** `x5t#S256` and `x5t`. */
  sha256: string
  sha1: string
  /** Of an authority: the subject that it vouches for. */
  subjectName: string | null
  notAfter: Date
  createdAt: Date
}

/**
 * Reads a certificate in PEM; with `subjectName` that of an authority whose certificates for it are to be taken.
 *
 * @throws {RegistryError} `certificate_malformed`, `certificate_weak`, `certificate_ended`,
 * `certificate_no_authority`, `certificate_purpose` or `subject_name_malformed`.
 */
export function newClientCertificate(options: {
  pem: string
  subjectName?: string | undefined
  time: Date
}): ClientCertificate {
  const { pem, subjectName, time } = options
  const certificate = parse(pem)
  const kind = subjectName === undefined ? 'certificate' : 'authority'
  if (!isStrongKey(certificate.publicKey, kind === 'authority' ? 'authority' : 'client')) {
    throw new RegistryError('certificate_weak')
  }
  if (certificate.validToDate <= time) throw new RegistryError('certificate_ended')
  if (kind === 'authority') checkAuthority(certificate)
  const text = certificate.toString()
  return {
    id: randomUUID(),
    kind,
    certificate: text,
    ...thumbprintsOf(text),
    subjectName: subjectName === undefined ? null : checkedSubject(subjectName),
    notAfter: certificate.validToDate,
    createdAt: time,
  }
}

/** No chain that ends at it would ever be taken, which is better known now than then. */
function checkAuthority(certificate: X509Certificate): void {
  if (!certificate.ca) throw new RegistryError('certificate_no_authority')
  const link = readLink(certificate)
  if (!link || !isClientAuthority(link)) throw new RegistryError('certificate_purpose')
}

function checkedSubject(text: string): string {
  const name = readSubjectName(text)
  if (name === undefined) throw new RegistryError('subject_name_malformed')
  return name
}

/** One certificate and nothing else: a private key beside it must never be sent here. */
function parse(pem: string): X509Certificate {
  const labels = pem.length > PEM_MAX_CHARACTERS ? [] : (pem.match(/-----BEGIN [^-]*-----/g) ?? [])
  if (labels.length !== 1 || labels[0] !== '-----BEGIN CERTIFICATE-----') {
    throw new RegistryError('certificate_malformed')
  }
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new RegistryError('certificate_malformed', { cause })
  }
}

/**
 * Gives an application `certificate`.
 *
 * @throws {RegistryError} `application_unknown`, `certificate_known` or `certificates_too_many`.
 */
export async function addClientCertificate(
  trx: Transaction<Schema>,
  principalId: string,
  certificate: ClientCertificate,
): Promise<void> {
  await getApplication(trx, principalId)
  const present = await listClientCertificates(trx, principalId)
  if (present.some((one) => isSame(one, certificate))) throw new RegistryError('certificate_known')
  if (present.length >= CLIENT_CERTIFICATES_MAX) throw new RegistryError('certificates_too_many')
  const { id, kind, sha256, sha1, subjectName, notAfter, createdAt } = certificate
  await trx
    .insertInto('client_certificate')
    .values({
      id,
      principal_id: principalId,
      kind,
      certificate: certificate.certificate,
      sha256,
      sha1,
      subject_name: subjectName,
      not_after: notAfter.getTime(),
      created_at: createdAt.getTime(),
    })
    .execute()
}

function isSame(one: ClientCertificate, other: ClientCertificate): boolean {
  return one.sha256 === other.sha256 && one.subjectName === other.subjectName
}

/** The certificates and authorities of an application, oldest first, also those that have ended. */
export async function listClientCertificates(
  db: Kysely<Schema>,
  principalId: string,
): Promise<ClientCertificate[]> {
  const rows = await db
    .selectFrom('client_certificate')
    .selectAll()
    .where('principal_id', '=', principalId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(({ id, kind, certificate, sha256, sha1, ...row }) => ({
    id,
    kind,
    certificate,
    sha256,
    sha1,
    subjectName: row.subject_name,
    notAfter: new Date(row.not_after),
    createdAt: new Date(row.created_at),
  }))
}

/** Takes a certificate or an authority away. @throws {RegistryError} `credential_unknown`. */
export async function removeClientCertificate(
  trx: Transaction<Schema>,
  principalId: string,
  id: string,
): Promise<void> {
  const { numDeletedRows } = await trx
    .deleteFrom('client_certificate')
    .where('principal_id', '=', principalId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (Number(numDeletedRows) === 0) throw new RegistryError('credential_unknown')
  await endPortalAccess(trx, principalId)
}
