/**
 * Text that somebody else wrote, made safe to show: in a terminal, a log or a page nothing in it hides, turns the
 * direction of writing, begins a line or steers the terminal. Each such character becomes `\uXXXX`, as JSON may write it
 * too, so a JSON text stays the same value.
 *
 * @module
 */

/**
 * Controls (C0, C1, DEL), format characters (directions, zero widths, tags), separators of lines and paragraphs, and the
 * letters that are shown as nothing.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]/gu

/** Those of them that lay out a text of several lines. */
const LAYOUT = /^[\n\t]$/

/** More of what a peer says is of no use in a message. Entra ID writes some 700, with the ids for its support at the end. */
const SAID_MAX_CHARACTERS = 2000

/** What a peer says, on one line and cut: one that is hostile may say a megabyte. */
export function visibleSaying(text: string): string {
  const line = visibleLine(text.slice(0, SAID_MAX_CHARACTERS).toWellFormed())
  return text.length > SAID_MAX_CHARACTERS ? `${line}… (${text.length} characters)` : line
}

/** `text` on one line. */
export function visibleLine(text: string): string {
  return text.replaceAll(UNSEEN, escaped)
}

/** `text` with its line breaks and tabs. */
export function visibleText(text: string): string {
  return text.replaceAll(UNSEEN, (character) => (LAYOUT.test(character) ? character : escaped(character)))
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
