/**
 * Names without regard to case: what both databases make of `lower`, of which only the letters of ASCII change.
 *
 * @module
 */

import { type RawBuilder, type SqlBool, sql } from 'kysely'

/** `text` with its capital letters of ASCII made small. */
export function asciiLower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Comes after every character that a text can have. */
const BEHIND_TEXTS = '\u{10FFFF}'

/** Whether the text in `column`, which is in lower case, begins with `lower`; by its index, where it has one. */
export function beginsWith(column: RawBuilder<unknown>, lower: string): RawBuilder<SqlBool> {
  return sql`${column} >= ${lower} and ${column} < ${lower + BEHIND_TEXTS}`
}
