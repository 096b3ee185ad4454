/**
 * Finds applications, users and groups by what a person knows of them: an id, or how the name begins.
 *
 * @module
 */

import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { readGuid } from '../../guid.ts'
import { asciiLower } from '../../storage/ascii-lower.ts'

/** Comes after every character that a name can have. */
const BEHIND_NAMES = '\u{10FFFF}'

/** Whether a row of `principal` has `search` as object id or client id, or a name that begins with it, in any case of ASCII's letters. */
export function isPrincipalMeant(search: string): RawBuilder<SqlBool> {
  if (search === '') return sql`1 = 1`
  const lower = asciiLower(search)
  const name = sql`lower(principal.display_name)`
  const isNamed = sql`${name} >= ${lower} and ${name} < ${lower + BEHIND_NAMES}`
  const guid = readGuid(search)
  return guid
    ? sql`(${isNamed} or principal.id = ${guid} or principal.client_id = ${guid})`
    : sql`(${isNamed})`
}
