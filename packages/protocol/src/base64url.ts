/**
 * base64url of ASCII text, since this package runs without Node's `Buffer` and without a browser's `btoa`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4648#section-5
 * @module
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Bits of one character and of one byte. */
const CHARACTER_BITS = 6
const BYTE_BITS = 8

/** The characters of the ASCII range. */
const ASCII = /^[\0-\x7f]*$/

/**
 * `text` in base64url without padding.
 *
 * @throws {TypeError} if it holds anything but ASCII.
 */
export function encodeBase64url(text: string): string {
  if (!ASCII.test(text)) throw new TypeError('only ASCII text can be encoded')
  const codes = Array.from(text, (character) => character.charCodeAt(0))
  const sextets = regroup(codes, BYTE_BITS, CHARACTER_BITS)
  return sextets.map((sextet) => ALPHABET.charAt(sextet)).join('')
}

/** The ASCII text that `encoded` stands for, or undefined if there is none or it can be written in another way. */
export function decodeBase64url(encoded: string): string | undefined {
  const sextets = Array.from(encoded, (character) => ALPHABET.indexOf(character))
  if (sextets.includes(-1)) return undefined
  const length = Math.floor((sextets.length * CHARACTER_BITS) / BYTE_BITS)
  const text = String.fromCharCode(...regroup(sextets, CHARACTER_BITS, BYTE_BITS).slice(0, length))
  return ASCII.test(text) && encodeBase64url(text) === encoded ? text : undefined
}

/** The same bits in groups of another size, the last one filled up with zeros. */
function regroup(groups: readonly number[], from: number, to: number): number[] {
  const result: number[] = []
  let bits = 0
  let count = 0
  for (const group of groups) {
    bits = (bits << from) | group
    count += from
    for (; count >= to; count -= to) {
      result.push(bits >> (count - to))
      bits &= (1 << (count - to)) - 1
    }
  }
  if (count > 0) result.push(bits << (to - count))
  return result
}
