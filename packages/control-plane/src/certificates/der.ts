/**
 * The few forms of DER that a certificate of a machine is written in.
 *
 * @see https://www.itu.int/rec/T-REC-X.690
 * @module
 */

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** From this year on a certificate writes four digits of it. */
const FOUR_DIGITS_FROM = 2050

/** One value: its tag, its length, and what it holds. */
function value(tag: number, parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag, ...lengthOf(content.length)), content])
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

/** `SEQUENCE` of `parts`. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return value(TAG.sequence, parts)
}

/** `SET` of one part. */
export function setOf(part: Uint8Array): Buffer {
  return value(TAG.set, [part])
}

/** A positive `INTEGER` of these bytes, of which the first is not zero. */
export function integer(bytes: Uint8Array): Buffer {
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0
  return value(TAG.integer, isNegative ? [Buffer.of(0), bytes] : [bytes])
}

/** `OCTET STRING`. */
export function octetString(bytes: Uint8Array): Buffer {
  return value(TAG.octetString, [bytes])
}

/** `BIT STRING` of whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return value(TAG.bitString, [Buffer.of(0), bytes])
}

/** `OBJECT IDENTIFIER` whose parts after the second are below 16,384. */
export function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = rest.flatMap((part) => (part < 0x80 ? [part] : [0x80 | (part >> 7), part & 0x7f]))
  return value(TAG.objectIdentifier, [Buffer.of(first * 40 + second, ...bytes)])
}

/** `PrintableString`: letters, digits and a hyphen among them. */
export function printableString(text: string): Buffer {
  return value(TAG.printableString, [Buffer.from(text, 'latin1')])
}

/** `UTCTime` or `GeneralizedTime`, as RFC 5280 has them, without a fraction of a second. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\..*$|[-:T]/g, '')
  const isLong = date.getUTCFullYear() >= FOUR_DIGITS_FROM
  const text = isLong ? digits : digits.slice(2)
  return value(isLong ? TAG.generalizedTime : TAG.utcTime, [Buffer.from(`${text}Z`)])
}

/** `part` with the explicit tag `[number]`. */
export function tagged(number: number, part: Uint8Array): Buffer {
  return value(0xa0 | number, [part])
}

/** The bytes of the key in a `SubjectPublicKeyInfo`: what its `BIT STRING` holds behind the algorithm. */
export function keyBytesOf(spki: Uint8Array): Uint8Array {
  const algorithm = contentAt(spki, contentAt(spki, 0).start)
  const { start, end } = contentAt(spki, algorithm.end)
  return spki.subarray(start + 1, end)
}

/** Where the content of the value at `offset` is. */
function contentAt(bytes: Uint8Array, offset: number): { start: number; end: number } {
  const first = bytes[offset + 1] ?? 0
  const count = first < 0x80 ? 0 : first & 0x7f
  const start = offset + 2 + count
  const long = bytes.subarray(offset + 2, start).reduce((length, byte) => length * 0x100 + byte, 0)
  return { start, end: start + (count === 0 ? first : long) }
}
