/**
 * The `$filter`s by which clients of Graph look for a service principal.
 *
 * @see https://learn.microsoft.com/graph/api/serviceprincipal-list
 * @module
 */

import { GraphError } from '../arm/graph-error.ts'
import { type FilterTerm, parseFilter } from '../arm/odata-filter.ts'
import { readGuid } from '../guid.ts'
import type { PrincipalQuery } from '../registry/principal-list.ts'

const SUPPORTED =
  "$filter by id, appId and displayName (eq), servicePrincipalNames (any) and displayName (startswith), joined by 'and', and $top"

/** These change which ones a list has. A refused one is better than a list that is taken for another. */
const UNSUPPORTED = ['$search', '$skip'] as const

/** What of a query is looked for; undefined if nothing can be found. */
type Wanted = Pick<PrincipalQuery, 'ids' | 'clientIds' | 'displayNames' | 'prefixes'>

/** @throws {GraphError} `Request_UnsupportedQuery`. */
export function checkQuery(query: Readonly<Record<string, string>>): void {
  const refused = UNSUPPORTED.find((name) => query[name] !== undefined)
  if (refused) throw unsupported(refused)
}

/** What `filter` looks for. @throws {GraphError} `Request_UnsupportedQuery`. */
export function readDirectoryFilter(filter: string): Wanted {
  const terms = parseFilter(filter)
  if (!terms) throw unsupported(filter)
  const by = (matches: (term: FilterTerm) => boolean) => terms.filter(matches).map(({ value }) => value)
  const ids = by(isTerm('equals', 'id'))
  const clientIds = [...by(isTerm('equals', 'appid')), ...by(isTerm('any', 'serviceprincipalnames'))]
  const displayNames = by(
    (term) => isTerm('equals', 'displayname')(term) || isTerm('equals', 'userprincipalname')(term),
  )
  const prefixes = by(isTerm('starts', 'displayname'))
  const read = ids.length + clientIds.length + displayNames.length + prefixes.length
  if (read !== terms.length) throw unsupported(filter)
  return {
    ...(ids.length > 0 && { ids: sameIn(ids) }),
    ...(clientIds.length > 0 && { clientIds: sameIn(clientIds) }),
    displayNames,
    prefixes,
  }
}

function isTerm(form: FilterTerm['form'], name: string) {
  return (term: FilterTerm) => term.form === form && term.name === name
}

/** Joined by "and", so that two different ones are nothing; and what is no GUID is nobody's. */
function sameIn(ids: readonly string[]): string[] {
  const guids = ids.map((id) => readGuid(id) ?? '')
  return [guids.every((guid) => guid === guids[0]) ? (guids[0] ?? '') : '']
}

function unsupported(query: string): GraphError {
  return new GraphError('Request_UnsupportedQuery', { query: query.slice(0, 200), supported: SUPPORTED })
}
