/**
 * A trust store as Java keeps it on disk: the form "JKS", which every Java reads.
 *
 * @module
 */

import { createHash } from 'node:crypto'

const MAGIC = 0xfeedfeed

const VERSION = 2

/** An entry that is a certificate alone, without a private key. */
const TRUSTED_CERTIFICATE = 2

const CERTIFICATE_TYPE = 'X.509'

/** Java's usual one. It keeps nothing secret: it only lets Java verify the checksum. */
const PASSWORD = 'changeit'

/** Java's own salt of the checksum. */
const SALT = 'Mighty Aphrodite'

/** The store that trusts `certificates`, each in DER. */
export function formatTrustStore(certificates: readonly Uint8Array[]): Buffer {
  const head = [uint32(MAGIC), uint32(VERSION), uint32(certificates.length)]
  const content = Buffer.concat([...head, ...certificates.map(entryOf)])
  const checksum = createHash('sha1').update(utf16BigEndian(PASSWORD)).update(SALT).update(content).digest()
  return Buffer.concat([content, checksum])
}

/** The time at which it was added is left at zero: no program reads it. */
function entryOf(certificate: Uint8Array, index: number): Buffer {
  return Buffer.concat([
    uint32(TRUSTED_CERTIFICATE),
    shortText(`landfast-${index}`),
    Buffer.alloc(8),
    shortText(CERTIFICATE_TYPE),
    uint32(certificate.length),
    certificate,
  ])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Of ASCII alone, in which Java's form of UTF-8 is as any other. */
function shortText(text: string): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(text.length)
  return Buffer.concat([bytes, Buffer.from(text, 'latin1')])
}

function utf16BigEndian(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}
