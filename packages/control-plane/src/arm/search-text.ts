/**
 * `$search` of a list, which Azure's lists do not have: an id, or what names begin with.
 *
 * @module
 */

import { ArmError } from './arm-error.ts'
import type { ArmRequest } from './arm-route.ts'

/** A resource id has a few hundred characters at most. */
const SEARCH_MAX_CHARACTERS = 1_000

/** A value is quoted so far. */
const QUOTED_CHARACTERS = 100

/** What is looked for; empty for everything. @throws {ArmError} `InvalidQueryParameter`. */
export function searchIn({ $search = '' }: ArmRequest['query']): string {
  const search = $search.trim()
  if (search.length <= SEARCH_MAX_CHARACTERS) return search
  throw new ArmError('InvalidQueryParameter', {
    name: '$search',
    value: search.slice(0, QUOTED_CHARACTERS),
  })
}
