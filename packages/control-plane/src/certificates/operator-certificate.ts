/**
 * The server certificate that an operator gives, with its key: read whole and checked before it is used.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { CertificateError } from './certificate-error.ts'
import { names, type ServerCertificate } from './server-certificate.ts'

/** Where the operator keeps both, PEM; the certificate's file may hold the chain after it. */
export interface CertificateFiles {
  certificateFile: string
  keyFile: string
}

/**
 * Reads both files.
 *
 * @throws {CertificateError} if they cannot be used to serve `host` now.
 */
export async function readOperatorCertificate(options: {
  files: CertificateFiles
  host: string
  now: Date
}): Promise<ServerCertificate> {
  const { certificateFile, keyFile } = options.files
  // One after the other, so that of two that are missing it is always the same that is named.
  const certificate = await read(certificateFile)
  const key = await read(keyFile)
  const leaf = parse(certificateFile, () => new X509Certificate(certificate))
  const privateKey = parse(keyFile, () => createPrivateKey(key))
  if (!leaf.checkPrivateKey(privateKey)) throw new CertificateError('certificate_key_other', keyFile)
  if (leaf.validToDate <= options.now) {
    throw new CertificateError('certificate_expired', `${certificateFile}, ${leaf.validTo}`)
  }
  if (leaf.validFromDate > options.now) {
    throw new CertificateError('certificate_too_early', `${certificateFile}, ${leaf.validFrom}`)
  }
  if (!names(leaf, options.host)) {
    const known = leaf.subjectAltName ?? 'no name at all'
    throw new CertificateError('certificate_name_missing', `"${options.host}"; it has ${known}`)
  }
  return { certificate, key }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new CertificateError('certificate_unreadable', (cause as Error).message, cause)
  }
}

function parse<T>(file: string, parsing: () => T): T {
  try {
    return parsing()
  } catch (cause) {
    throw new CertificateError('certificate_malformed', file, cause)
  }
}
