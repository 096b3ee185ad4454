/**
 * A chain of certificates that a client sent with its assertion, verified up to an authority that was configured for
 * it. It reads no revocation lists: to end a certificate early, an administrator removes it or its authority here.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-4.1.6
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-6
 * @module
 */

import { type KeyObject, X509Certificate } from 'node:crypto'
import { BasicConstraintsExtension } from '@landfast/server/x509'
import { isClientAuthority, isClientCertificate, type Link, readLink } from './certificate-purpose.ts'
import { strangersKey } from './dummy-key.ts'
import { subjectNameOf } from './subject-name.ts'

/** A leaf and three authorities between it and the configured one. */
const CHAIN_MAX_CERTIFICATES = 5

/** In base64; a certificate with an RSA key of 4,096 bits has some 2,500. */
const CERTIFICATE_MAX_CHARACTERS = 8_192

/** A chain whose links hold together, up to some authority or other. */
export interface Chain {
  leaf: X509Certificate
  /** The subject of the leaf. */
  subjectName: string
  links: readonly Link[]
}

/**
 * Reads `x5c` and verifies everything about it that does not depend on which authority is trusted: every link is
 * signed by the next one, may sign it, is of its time, for clients, and has a strong key.
 */
export function readChain(x5c: unknown, time: Date): Chain | undefined {
  const links = parseChain(x5c)
  const [leaf, ...above] = links ?? []
  if (!links || !leaf || !isClientCertificate(leaf) || !above.every(isClientAuthority)) return undefined
  const subjectName = subjectNameOf(Uint8Array.from(leaf.certificate.raw))
  // The sender of a chain chose its keys: none is used before all are known to be of a usual size.
  const holds =
    links.every((link) => isOfItsTime(link, time)) &&
    links.every((link, index) => {
      const issuer = links[index + 1]
      return !issuer || isIssuedBy(link, issuer, index)
    })
  return subjectName !== undefined && holds ? { leaf: leaf.certificate, subjectName, links } : undefined
}

/**
 * Those of `authorities` that `chain` ends at: the last certificate is one of theirs, or was issued by them. Where
 * there are none, as much is verified for nothing.
 */
export function authoritiesOf<Authority extends { certificate: X509Certificate }>(
  chain: Chain,
  authorities: readonly Authority[],
  time: Date,
): Authority[] {
  const top = chain.links.at(-1)
  if (!top) return []
  if (authorities.length === 0) isSignedBy(top, strangersKey('rsa'))
  return authorities.filter(({ certificate }) => endsAt(chain, top, { authority: certificate, time }))
}

function endsAt(
  { links }: Chain,
  top: Link,
  { authority, time }: { authority: X509Certificate; time: Date },
): boolean {
  const anchor = readLink(authority)
  // In any case, so that time does not tell whether the names fit.
  const signed = isSignedBy(top, authority.publicKey)
  if (!anchor || !isOfItsTime(anchor, time) || !isClientAuthority(anchor)) return false
  if (links.length > 1 && top.certificate.raw.equals(authority.raw)) return true
  return signed && mayIssue(top, anchor, links.length - 1)
}

function parseChain(x5c: unknown): Link[] | undefined {
  if (!Array.isArray(x5c) || x5c.length === 0 || x5c.length > CHAIN_MAX_CERTIFICATES) return undefined
  const links = x5c.map(parseLink)
  return links.includes(undefined) ? undefined : (links as Link[])
}

function parseLink(text: unknown): Link | undefined {
  if (typeof text !== 'string' || text.length > CERTIFICATE_MAX_CHARACTERS) return undefined
  try {
    return readLink(new X509Certificate(Buffer.from(text, 'base64')))
  } catch {
    return undefined
  }
}

function isOfItsTime({ certificate }: Link, time: Date): boolean {
  return certificate.validFromDate <= time && time < certificate.validToDate
}

function isIssuedBy(link: Link, issuer: Link, below: number): boolean {
  return mayIssue(link, issuer, below) && isSignedBy(link, issuer.certificate.publicKey)
}

/**
 * `below` is how many authorities are between `issuer` and the leaf. A certificate that might have issued itself is none of
 * an issuer: openssl ends a chain there.
 */
function mayIssue({ certificate }: Link, issuer: Link, below: number): boolean {
  const { pathLength } = issuer.parsed.getExtension(BasicConstraintsExtension) ?? {}
  return (
    (pathLength === undefined || below <= pathLength) &&
    certificate.checkIssued(issuer.certificate) &&
    !certificate.checkIssued(certificate)
  )
}

function isSignedBy({ certificate, parsed }: Link, key: KeyObject): boolean {
  const { hash } = parsed.signatureAlgorithm as { hash?: { name: string } }
  return hash !== undefined && STRONG_HASHES.includes(hash.name) && certificate.verify(key)
}

const STRONG_HASHES: readonly string[] = ['SHA-256', 'SHA-384', 'SHA-512']
