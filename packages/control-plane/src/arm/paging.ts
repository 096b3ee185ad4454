/**
 * Lists in pages: `nextLink` holds an opaque token that says where the next page begins, and of which list.
 *
 * @see https://learn.microsoft.com/rest/api/azure/#async-operations-throttling-and-paging
 * @module
 */

import { createHash } from 'node:crypto'
import { ArmError } from './arm-error.ts'
import type { ArmRequest } from './arm-route.ts'

/** Rows a page has unless `$top` says otherwise, and at most. */
const PAGE_ROWS = { default: 100, max: 1_000 }

/** Which part of a list is wanted. */
export interface Page {
  /** Only what comes after this key; from the beginning if it is empty. */
  after: string
  limit: number
}

/** A list of bodies and the key of each, one more than the page has if there are more. */
export interface Keyed {
  key: string
  body: object
}

/** What was found for a page. */
export interface KeyedList {
  rows: readonly Keyed[]
  /** The key up to which was looked, where there may be more behind it although the page is not full. */
  lookedTo?: string | undefined
}

type ListRequest = Pick<ArmRequest<unknown>, 'path' | 'query' | 'apiVersion'>

/**
 * The page that `request` asks for.
 *
 * @throws {ArmError} `InvalidQueryParameter`.
 */
export function pageOf(request: ListRequest): Page {
  return { after: afterOf(request), limit: limitOf(request.query.$top) }
}

/** The body of a page out of `rows`, which were read with a limit of one more than the page has. */
export function pageBody(
  request: ListRequest,
  { origin, page, rows, lookedTo }: { origin: string; page: Page } & KeyedList,
): { value: object[]; nextLink?: string } {
  const value = rows.slice(0, page.limit)
  const last = rows.length > page.limit ? value.at(-1)?.key : lookedTo
  const bodies = value.map(({ body }) => body)
  return last === undefined ? { value: bodies } : { value: bodies, nextLink: nextLink(origin, request, last) }
}

function limitOf(top: string | undefined): number {
  if (top === undefined) return PAGE_ROWS.default
  const rows = /^\d{1,9}$/.test(top) ? Number(top) : 0
  if (rows < 1) throw new ArmError('InvalidQueryParameter', { name: '$top', value: top })
  return Math.min(rows, PAGE_ROWS.max)
}

function nextLink(origin: string, request: ListRequest, key: string): string {
  const { $skiptoken: _, ...query } = request.query
  const token = Buffer.from(JSON.stringify([markOf(request), key])).toString('base64url')
  return `${origin}${request.path}?${new URLSearchParams({ ...query, $skiptoken: token })}`
}

function afterOf(request: ListRequest): string {
  const { $skiptoken: token } = request.query
  if (token === undefined) return ''
  const refusal = new ArmError('InvalidQueryParameter', { name: '$skiptoken', value: token.slice(0, 100) })
  try {
    const [mark, key] = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (mark === markOf(request) && typeof key === 'string') return key
  } catch {
    throw refusal
  }
  throw refusal
}

/** Names the list, so that a token of one is not taken for another's. Nothing in it is a secret. */
function markOf({ path, query }: ListRequest): string {
  const { $filter = '', $search, $orderby } = query
  const order = $search === undefined && $orderby === undefined ? [] : [$search, $orderby]
  const list = JSON.stringify([path.toLowerCase(), $filter, ...order])
  return createHash('sha256').update(list).digest('base64url').slice(0, 16)
}
