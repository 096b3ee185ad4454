/**
 * What another side said, as far as a person reads it: it may have said a great deal.
 *
 * @module
 */

/** How many of several are named. */
const NAMED_MAX = 8

/** How much of one text is shown. */
const TEXT_MAX_CHARACTERS = 300

/** The first of `texts`, and how many more there are. */
export function listed(texts: readonly string[]): string {
  const named = texts.slice(0, NAMED_MAX).map(shortened).join(', ')
  const left = texts.length - NAMED_MAX
  return left > 0 ? `${named} and ${left} more` : named
}

/** The beginning of `text`. */
export function shortened(text: string): string {
  return text.length > TEXT_MAX_CHARACTERS ? `${text.slice(0, TEXT_MAX_CHARACTERS)}…` : text
}
