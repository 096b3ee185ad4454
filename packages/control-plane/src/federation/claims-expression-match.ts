/**
 * Whether the claims of a token meet an expression. It never takes back what it has found, so the worst claim and pattern
 * cost the product of their lengths, which are bounded: a third of a millisecond.
 *
 * @module
 */

import type { ClaimsTerm } from './claims-expression.ts'

/** A claim that is longer than a subject may be meets nothing, so that none takes long. */
const CLAIM_MAX_CHARACTERS = 600

/** Whether all `terms` are met. Only texts that the token itself has count: no list, number or inherited member. */
export function matchesClaims(
  terms: readonly ClaimsTerm[],
  claims: Readonly<Record<string, unknown>>,
): boolean {
  return terms.every(({ claim, operator, text }) => {
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
    if (typeof value !== 'string' || value.length > CLAIM_MAX_CHARACTERS) return false
    return operator === 'eq' ? value === text : matchesPattern(value, text)
  })
}

/** Whether `pattern` stands for the whole of `text`. Case matters. */
function matchesPattern(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text.length === first.length && standsAt(text, first, 0)
  const end = text.length - last.length
  if (end < first.length || !standsAt(text, first, 0) || !standsAt(text, last, end)) return false
  // The leftmost place of each part leaves the most for those after it.
  let at = first.length
  for (const part of rest) {
    const found = findPart(text, part, { at, end })
    if (found === undefined) return false
    at = found + part.length
  }
  return true
}

function findPart(text: string, part: string, { at, end }: { at: number; end: number }): number | undefined {
  for (let place = at; place + part.length <= end; place += 1) if (standsAt(text, part, place)) return place
  return undefined
}

/** `?` is any one character. */
function standsAt(text: string, part: string, at: number): boolean {
  for (let index = 0; index < part.length; index += 1) {
    if (part[index] !== '?' && part[index] !== text[at + index]) return false
  }
  return true
}
