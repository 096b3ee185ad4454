/**
 * One page of a list, and the link to the next.
 *
 * @module
 */

import { VaultError } from './vault-error.ts'

/** A page has no more entries at Azure. */
const PAGE_MAX = 25

/** What is listed, and where. */
export interface ListedPage<T> {
  url: string
  path: string
  query: URLSearchParams
  /** By which the entries are sorted. */
  keyOf(entry: T): string
  describe(entry: T): object
}

/** The page that the query asks for. What comes after it is found by the key of its last entry, even if that is gone by then. */
export function pageOf<T>(entries: readonly T[], listed: ListedPage<T>): object {
  const { url, path, query, keyOf, describe } = listed
  const after = query.get('$skiptoken') ?? ''
  const size = readSize(query.get('maxresults'))
  const rest = entries.filter((entry) => keyOf(entry) > after)
  const page = rest.slice(0, size)
  const last = page.at(-1)
  const more = new URLSearchParams(query)
  if (last) more.set('$skiptoken', keyOf(last))
  return {
    value: page.map(describe),
    nextLink: rest.length > page.length ? `${url}${path}?${more}` : null,
  }
}

function readSize(text: string | null): number {
  const size = text === null ? PAGE_MAX : Number(text)
  if (Number.isInteger(size) && size >= 1 && size <= PAGE_MAX) return size
  throw new VaultError('parameter_invalid', `"maxresults" must be a number from 1 to ${PAGE_MAX}`)
}
