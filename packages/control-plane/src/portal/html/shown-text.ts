/**
 * Texts that a machine, a tag or a principal chose. Escaping alone does not make them safe to look at: characters that turn
 * the line round or hide would let one name look like another, and a very long one would push the rest away.
 *
 * @see https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 * @module
 */

import { type Html, html } from './html.ts'

/** Longer ones are cut; each is whole in the API. */
const SHOWN_MAX = 400

/** Controls, what turns or hides text, and halves of characters. */
const HIDDEN = /([\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}])/u

/** `text` so that each character of it is seen, in a direction of its own. */
export function shown(text: string | number | undefined | null): Html | string {
  if (text === undefined || text === null || text === '') return html`<span class="none">–</span>`
  const whole = String(text)
  const rest = whole.length - clip(whole).length
  const cut = rest > 0 && html` <span class="mark">and ${rest} characters more</span>`
  return html`<bdi>${seen(clip(whole))}${cut}</bdi>`
}

/** The same of a sentence of our own, which is no longer than what it quotes. */
export function shownWhole(sentence: string): Html {
  return html`<bdi>${seen(sentence)}</bdi>`
}

function seen(text: string): readonly (Html | string)[] {
  return text.split(HIDDEN).map((part, index) => (index % 2 ? mark(part) : part))
}

/** The same where no markup can stand: in a title, in an attribute that is read out. */
export function plain(text: string): string {
  const clipped = clip(text)
  const parts = clipped.split(HIDDEN).map((part, index) => (index % 2 ? codePoint(part) : part))
  return parts.join('') + (clipped.length < text.length ? '…' : '')
}

/** Not within a character of two halves. */
function clip(text: string): string {
  if (text.length <= SHOWN_MAX) return text
  return text.slice(0, SHOWN_MAX).replace(/[\uD800-\uDBFF]$/, '')
}

function mark(character: string): Html {
  return html`<span class="mark">${codePoint(character)}</span>`
}

function codePoint(character: string): string {
  return `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`
}
