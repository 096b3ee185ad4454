/**
 * The API as the portal uses it: the same routes that every client has, asked within the process in the name of who is signed
 * in. So rights, limits, checks and the audit trail are theirs.
 *
 * @module
 */

import type { PortalSession } from '../../admission/portal-sessions.ts'
import { PortalError } from '../portal-error.ts'
import type { PortalSiteParts } from '../portal-parts.ts'
import { ApiRefusal } from './api-refusal.ts'
import { isClimbing } from './climbing-path.ts'

// biome-ignore lint/suspicious/noExplicitAny: the routes say what their answers are like.
type Body = any

/** What an action sends. */
export interface ApiWish {
  body?: object
  /** The ETag that the resource must still have. */
  ifMatch?: string | undefined
  /** Whether there must be nothing with this name yet: a form that makes something never writes over what is there. */
  isNew?: boolean
}

/** A page of a list. */
export interface ApiPage {
  value: Body[]
  /** The token of the next page. */
  next?: string
}

/** Asks routes. Each method throws an {@link ApiRefusal} for what is refused. */
export interface PortalApi {
  /** The body at `path`, which includes the query. */
  get(path: string): Promise<Body>
  /** The same, or undefined if there is nothing. */
  find(path: string): Promise<Body | undefined>
  /** The same with the ETag of what is there. */
  read(path: string): Promise<{ body: Body; etag: string | undefined }>
  /** The page of the list at `path` that begins with the token `after`. Azure lists some things by a POST. */
  page(path: string, after?: string, method?: 'GET' | 'POST'): Promise<ApiPage>
  /** Every page of the list at `path`, for lists that are short or must be whole. */
  all(path: string): Promise<Body[]>
  send(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, wish?: ApiWish): Promise<Body>
}

/** What is known of the request of the browser. */
export interface ApiCaller {
  session: Pick<PortalSession, 'principalId'>
  correlationId: string
  address: string
}

/** The API for one request of a browser. */
export function createPortalApi({ inject, tickets }: PortalSiteParts, caller: ApiCaller): PortalApi {
  const ask = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, wish: ApiWish = {}) =>
    tickets.lend(caller.session.principalId, async (authorization) => {
      if (isClimbing(path)) throw new PortalError('page_unknown')
      const answer = await inject({
        method,
        url: path,
        remoteAddress: caller.address,
        headers: {
          authorization,
          'x-ms-correlation-request-id': caller.correlationId,
          ...(wish.ifMatch !== undefined && { 'if-match': wish.ifMatch }),
          ...(wish.isNew && { 'if-none-match': '*' }),
        },
        ...(wish.body && { payload: wish.body }),
      })
      if (wish.isNew && answer.statusCode === 412) throw new PortalError('name_taken')
      if (answer.statusCode >= 400) throw new ApiRefusal(answer.statusCode, bodyOf(answer.body))
      return { body: bodyOf(answer.body), etag: answer.headers.etag as string | undefined }
    })
  const page: PortalApi['page'] = async (path, after, method = 'GET') => {
    const { body } = await ask(method, after ? withToken(path, after) : path)
    const next = tokenIn(body.nextLink ?? body['@odata.nextLink'])
    return { value: body.value, ...(next !== undefined && { next }) }
  }
  return {
    get: async (path) => (await ask('GET', path)).body,
    find: (path) => ask('GET', path).then(({ body }) => body, unlessMissing),
    read: (path) => ask('GET', path),
    page,
    all: async (path) => {
      const rows: Body[] = []
      for (let after: string | undefined; ; ) {
        const { value, next } = await page(path, after)
        rows.push(...value)
        if (next === undefined) return rows
        after = next
      }
    },
    send: async (method, path, wish) => (await ask(method, path, wish)).body,
  }
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof ApiRefusal && error.status === 404) return undefined
  throw error
}

function bodyOf(text: string): Body {
  return text === '' ? undefined : JSON.parse(text)
}

function withToken(path: string, token: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}$skiptoken=${encodeURIComponent(token)}`
}

function tokenIn(link: string | undefined): string | undefined {
  return link === undefined ? undefined : (new URL(link).searchParams.get('$skiptoken') ?? undefined)
}
