/**
 * What a certificate is good for: as the authority over certificates of clients, or as that of a client. What
 * `openssl verify -purpose sslclient` refuses, these refuse too, of the configured authority as of every certificate below it.
 *
 * They are stricter where an extension would have to be evaluated along the chain: they refuse name constraints and the
 * resources of RFC 3779 whether critical or not, and every other critical extension that is not checked here.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2
 * @see https://docs.openssl.org/3.0/man1/openssl-verification-options/#certificate-extensions
 * @module
 */

import type { X509Certificate } from 'node:crypto'
import {
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as ParsedCertificate,
} from '@landfast/server/x509'
import { isStrongKey } from './key-strength.ts'

/** A certificate, as Node verifies it and with its extensions. */
export interface Link {
  certificate: X509Certificate
  parsed: ParsedCertificate
}

/** Key usage, subject alternative name, basic constraints, extended key usage: checked, or unable to widen anything. */
const UNDERSTOOD_EXTENSIONS: readonly string[] = ['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.37']

/** Name constraints, a proxy of a client, and the addresses and networks of RFC 3779: they narrow what is below them. */
const NARROWING_EXTENSIONS: readonly string[] = [
  '2.5.29.30',
  '1.3.6.1.5.5.7.1.14',
  '1.3.6.1.5.5.7.1.7',
  '1.3.6.1.5.5.7.1.8',
]

/** What certificates were for before there were extended key usages; the first bit is a client. */
const NETSCAPE_TYPE = '2.16.840.1.113730.1.1'
const NETSCAPE_CLIENT = 0x80

/** `certificate` with its extensions, or undefined if one of them is malformed. */
export function readLink(certificate: X509Certificate): Link | undefined {
  try {
    const parsed = new ParsedCertificate(Uint8Array.from(certificate.raw))
    // They are parsed when they are first asked for, which must not fail later.
    return parsed.extensions ? { certificate, parsed } : undefined
  } catch {
    return undefined
  }
}

/** Whether a certificate may have others of clients below it. */
export function isClientAuthority(link: Link): boolean {
  // Node asks for basic constraints, and for the right to sign certificates where key usages are listed.
  return link.certificate.ca && isForClients(link) && isStrongKey(link.certificate.publicKey, 'authority')
}

/** Whether it is that of a client, which does not certify others. */
export function isClientCertificate(link: Link): boolean {
  const { certificate, parsed } = link
  const keyUsages = parsed.getExtension(KeyUsagesExtension)
  return (
    !certificate.ca &&
    isForClients(link) &&
    isStrongKey(certificate.publicKey) &&
    (!keyUsages || (keyUsages.usages & KeyUsageFlags.digitalSignature) !== 0) &&
    isOfNetscapeClient(parsed)
  )
}

/** "Any" purpose does not name this one. */
function isForClients({ parsed }: Link): boolean {
  const purposes = parsed.getExtension(ExtendedKeyUsageExtension)?.usages.map(String)
  return (
    (!purposes || purposes.includes(ExtendedKeyUsage.clientAuth)) &&
    parsed.extensions.every(({ critical, type }) =>
      critical ? UNDERSTOOD_EXTENSIONS.includes(type) : !NARROWING_EXTENSIONS.includes(type),
    )
  )
}

function isOfNetscapeClient(parsed: ParsedCertificate): boolean {
  const extension = parsed.getExtension(NETSCAPE_TYPE)
  if (!extension) return true
  const [, , , bits = 0] = new Uint8Array(extension.value)
  return (bits & NETSCAPE_CLIENT) !== 0
}
