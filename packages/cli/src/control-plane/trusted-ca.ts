/**
 * What a command trusts the certificate of a control plane by: a CA of the user's own, the CAs that this host trusts, or
 * both.
 *
 * @see docs/connect.md#the-certificate-of-the-control-plane
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'

/** The flags, as commander reads them. */
export interface TrustFlags {
  caFile?: string | undefined
  useSystemCa?: true
}

/** What is trusted. */
export interface Trust {
  /** PEM; undefined if no CA is named. */
  ca: string | undefined
  /** Whether the CAs that this host trusts count beside a CA; without one they always do. */
  usesSystemCa: boolean
}

/** What `flags` say. @throws {CliError} `config_unreadable` or `config_invalid`. */
export async function readTrust({ caFile, useSystemCa }: TrustFlags): Promise<Trust> {
  return { ca: await readCa(caFile), usesSystemCa: useSystemCa === true }
}

const BLOCK =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** The certificates in `file`, if one is named, and nothing else of it. @throws {CliError} as `readTrust`. */
export async function readCa(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new CliError('config_unreadable', { detail: file, hints: [cause.message], cause })
  })
  try {
    const certificates = (text.match(BLOCK) ?? []).map((block) =>
      new X509Certificate(block).toString().trim(),
    )
    if (certificates.length > 0) return certificates.join('\n')
  } catch {
    // The parser's message says nothing that helps.
  }
  throw new CliError('config_invalid', {
    detail: `"${file}" holds no certificate in PEM`,
    hints: [
      'it begins with "-----BEGIN CERTIFICATE-----"; openssl x509 -inform der -in FILE makes one of another form',
    ],
  })
}
