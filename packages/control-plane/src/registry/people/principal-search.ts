/**
 * Finds applications, identities, users and groups by what a person knows of them: an id, or how the name begins.
 *
 * @module
 */

import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { readGuid } from '../../guid.ts'
import { asciiLower, beginsWith } from '../../storage/ascii-lower.ts'

const DISPLAY_NAME = sql`lower(principal.display_name)`

/**
 * Whether a row of `principal` has `search` as object id or client id, or a name that begins with it, in any case of ASCII's letters;
 * `name` in lower case is what it is called, if not by its display name.
 */
export function isPrincipalMeant(
  search: string,
  name: RawBuilder<unknown> = DISPLAY_NAME,
): RawBuilder<SqlBool> {
  if (search === '') return sql`1 = 1`
  const isNamed = beginsWith(name, asciiLower(search))
  const guid = readGuid(search)
  return guid
    ? sql`(${isNamed} or principal.id = ${guid} or principal.client_id = ${guid})`
    : sql`(${isNamed})`
}
