/**
 * What both databases make of `lower`: only the letters of ASCII change.
 *
 * @module
 */

/** `text` with its capital letters of ASCII made small. */
export function asciiLower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
