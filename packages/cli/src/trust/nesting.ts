/**
 * How deep a JSON text is nested, found without going down into it: what is made of one that is nested a hundred thousand
 * times cannot be written again.
 *
 * @module
 */

/** A key set has three levels. */
const LEVELS_MAX = 32

/** By how much a character outside of strings changes the level. */
const STEPS: Readonly<Record<string, number>> = { '[': 1, '{': 1, ']': -1, '}': -1 }

/** Whether `text`, which is JSON, is nested deeper than any document of an issuer. */
export function isNestedDeep(text: string): boolean {
  let level = 0
  let isInString = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (character === '"') isInString = !isInString
    else if (!isInString) level += STEPS[character] ?? 0
    else if (character === '\\') at += 1
    if (level > LEVELS_MAX) return true
  }
  return false
}
