/**
 * Compares a text with the expected one in a time that does not tell how far the two agree.
 *
 * `timingSafeEqual` wants two buffers of the same length; to bring a header's text into one and to call it took a
 * twentieth of a whole handshake.
 *
 * @see docs/decisions/0006-keys-without-strings.md
 * @module
 */

/** Compares characters of one byte. Only the length of `text` decides how long it takes: no branch depends on what stands in either. */
export function equalInConstantTime(expected: Uint8Array, text: string): boolean {
  if (text.length !== expected.length) return false
  let difference = 0
  for (let index = 0; index < expected.length; index += 1) {
    difference |= (expected[index] as number) ^ text.charCodeAt(index)
  }
  return difference === 0
}
